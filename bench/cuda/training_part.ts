import type { TrainingRow } from '../../benchmark/cuda_document.js'
import { flattenTree, type Tree } from '../../engine/index.js'
import { type HostTensor, isHostTensor } from '../../host_tensor.js'
import { networkNames } from '../../tools/cli/network_names.js'
import { BACKGROUND_PARAMS, peerNetwork } from '../bench_command.js'
import { randomBatch } from '../random_batch.js'
import { TrainingSteps } from '../training_steps.js'
import { configOf } from './models.js'
import type { TrainingPart } from './plan.js'
import {
  computeOf,
  launchTorch,
  OurLane,
  type PartSettings,
  TorchLane,
  torchSpec,
} from './sides.js'
import { attempt, inTurns } from './turns.js'

/**
 * Objects in an image. Ours learns masks from 128 places for RoIs, torchvision's from the positive
 * ones among as many: with 128 objects, which are proposals too, all are positive on both sides.
 */
const OBJECTS = { boxes: 8, masks: 128 }

/** Whole training steps, ours and PyTorch's in turn. */
export async function measureTraining(
  part: TrainingPart,
  settings: PartSettings,
): Promise<{ rows: TrainingRow[]; pytorch?: string }> {
  const { model, batch, precision, shape } = part
  const { device, short, turns, warmup } = settings
  const launched = launchTorch('train_step.py', settings)
  const config = configOf(model, short)
  const { type, numClasses } = config.model
  const hasMasks = type === 'MaskRCNN'
  const objects = OBJECTS[hasMasks && !short ? 'masks' : 'boxes']
  const data = randomBatch({ shape, objects, numClasses, masks: hasMasks, batch })
  const { compute, placements } = computeOf(part, settings)

  let training: TrainingSteps | undefined
  let torch: Awaited<ReturnType<typeof TorchLane.start>> | undefined
  try {
    const ours = await attempt(async () => {
      const steps = TrainingSteps.load(config, data, compute)
      training = steps
      return OurLane.start(() => async () => (await steps.step()).ms, warmup)
    })
    const spec = {
      ...torchSpec(part, settings),
      model: hasMasks ? 'mask_rcnn' : 'retinanet',
      network: peerNetwork(config, shape),
      boxes: data.boxes,
      labels: data.labels,
    }
    const params = TrainingSteps.paramsOf(config) + (hasMasks ? BACKGROUND_PARAMS : 0)
    torch = launched && (await TorchLane.start(launched, spec, { params, warmup }))
    const lanes = torch ? [ours, torch] : [ours]
    const [ourTimes, torchTimes] = await inTurns(lanes, { turns, steps: settings.steps.train })
    const bytes = flattenTree(data.tensors as Tree<HostTensor>, isHostTensor).map(
      ({ leaf }) => leaf.data.byteLength,
    )
    const row: TrainingRow = {
      part: part.name,
      config: model,
      ...networkNames(config),
      ...{ device, precision, shape, batch },
      placement: placements.trainStep ?? {},
      batchBytes: bytes.reduce((sum, count) => sum + count, 0),
      ours: 'error' in ours ? ours : ours.describe(ourTimes, batch),
      ...(torch && { torch: 'error' in torch ? torch : torch.describe(torchTimes, batch) }),
    }
    return { rows: [row], ...(torch && !('error' in torch) && { pytorch: torch.version }) }
  } finally {
    launched?.stop()
    await training?.dispose()
  }
}
