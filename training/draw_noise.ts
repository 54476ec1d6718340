import type { HostTree } from '../engine/tensors.js'
import { floats, type HostTensor, sizeOf } from '../host_tensor.js'
import type { Random } from '../random/random.js'
import type { Trainable, TrainingTensors } from './trainable.js'

/** The batch with the noise that its model asks for, uniform in [0, 1), drawn from `random`. */
export function withNoise<Batch extends HostTree<TrainingTensors>>(
  model: Trainable,
  batch: Batch,
  random: Random,
): Batch & { noise?: Record<string, HostTensor> } {
  const shapes = model.noiseShapes({
    images: batch.images.shape,
    labels: batch.labels.shape,
  })
  const noise = Object.entries(shapes).map(([name, shape]) => {
    const values = new Float32Array(sizeOf(shape))
    // 24 bits: more would round up to 1 in float32.
    for (let i = 0; i < values.length; i++) values[i] = random.integer(2 ** 24) / 2 ** 24
    return [name, floats(values, shape)] as const
  })
  return noise.length === 0 ? batch : { ...batch, noise: Object.fromEntries(noise) }
}
