import type { ParityRow } from '../../benchmark/cuda_document.js'
import type { ComputeOptions } from '../../engine/index.js'
import { randomBatch } from '../random_batch.js'
import { TrainingSteps } from '../training_steps.js'
import { configOf } from './models.js'
import type { ParityPart } from './plan.js'
import { computeOf, type PartSettings } from './sides.js'

const OBJECTS = 8

/** The losses of the same training steps on the device and on the processor. */
export async function measureParity(
  part: ParityPart,
  settings: PartSettings,
): Promise<{ rows: ParityRow[] }> {
  const { model, batch, precision, shape, steps } = part
  const startedAt = performance.now()
  const config = configOf(model, settings.short)
  const { type, numClasses } = config.model
  const masks = type === 'MaskRCNN'
  const data = randomBatch({ shape, objects: OBJECTS, numClasses, masks, batch })
  const lossesOn = async (compute: ComputeOptions) => {
    const training = TrainingSteps.load(config, data, compute)
    const losses: number[] = []
    while (losses.length < steps) losses.push((await training.step()).metrics.loss)
    await training.dispose()
    return losses
  }
  const { compute, placements } = computeOf(part, settings)
  const device = await lossesOn(compute)
  const cpu = await lossesOn({})
  const differences = device.map((loss, i) => Math.abs(loss - cpu[i]) / Math.abs(cpu[i]))
  const row: ParityRow = {
    part: part.name,
    config: model,
    ...{ device: settings.device, precision, shape, batch },
    placement: placements.trainStep ?? {},
    losses: { device, cpu },
    maxDifference: Math.max(...differences),
    seconds: (performance.now() - startedAt) / 1000,
  }
  return { rows: [row] }
}
