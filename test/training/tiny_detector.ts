import { type Detections, Detector, type TrainBatch } from '../../detectors/detector.js'
import type { HostTree } from '../../engine/tensors.js'
import { floats, ints } from '../../host_tensor.js'
import { type ForwardOptions, Parameter, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'

const normal = (shape: readonly number[], random: Random) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal())
const zeros = (shape: readonly number[]) =>
  new Float32Array(shape.reduce((product, side) => product * side, 1))

/**
 * Guesses the mean box of an image from its mean colour: an affine map with a running mean before
 * it.
 */
export class TinyDetector extends Detector {
  readonly weight = new Parameter([4, 3], normal)
  readonly bias = new Parameter([4], zeros)
  readonly running_mean = new Parameter([3], zeros, { trainable: false })
  readonly frozen = new Parameter([4], normal, { trainable: false })

  loss({ images, boxesXyxy }: TrainBatch, options: ForwardOptions = {}): Record<string, tf.Scalar> {
    const colours = tf.mean(tf.div(tf.cast(images, 'float32'), 255), [1, 2]) // [n, 3]
    if (options.training) {
      const batchMean = tf.mean(colours, [0])
      const kept = tf.mul(this.running_mean.value, 0.9)
      this.running_mean.update(tf.add(kept, tf.mul(batchMean, 0.1)))
    }
    const centred = tf.sub(colours, this.running_mean.value)
    const product = tf.matMul(centred as tf.Tensor2D, this.weight.value as tf.Tensor2D, false, true)
    const affine = tf.add(product, tf.add(this.bias.value, this.frozen.value)) // [n, 4]
    const { lambda } = options
    const guess = lambda
      ? tf.add(tf.mul(tf.relu(affine), tf.sub(1, lambda)), tf.mul(affine, lambda))
      : affine
    const error = tf.sub(guess, tf.mean(boxesXyxy, [1]))
    const [corner, extent] = tf.split(tf.square(error), 2, 1)
    return {
      loss_corner: tf.mean(corner) as tf.Scalar,
      loss_extent: tf.mean(extent) as tf.Scalar,
      largest_error: tf.max(tf.abs(error)) as tf.Scalar,
    }
  }

  predict(): Detections {
    throw new Error('TinyDetector predicts nothing')
  }
}

/** Endless batches of two 4x4 images with two boxes each, each drawn from its own stream. */
export class TinyLoader {
  readonly iterationsPerEpoch: number
  /** Where `batches` was asked to start. */
  readonly starts: { epoch: number; iteration: number }[] = []
  private readonly boxScale: number
  private readonly poisoned: readonly number[]

  /** @param options.poisoned batches, from 0 on, on which the loss overflows. */
  constructor(
    iterationsPerEpoch: number,
    options: { boxScale?: number; poisoned?: readonly number[] } = {},
  ) {
    this.iterationsPerEpoch = iterationsPerEpoch
    this.boxScale = options.boxScale ?? 1
    this.poisoned = options.poisoned ?? []
  }

  async *batches(start: { epoch: number; iteration: number }) {
    this.starts.push(start)
    for (let { epoch, iteration } = start; ; iteration++) {
      if (iteration === this.iterationsPerEpoch) {
        epoch++
        iteration = 0
      }
      const isPoisoned = this.poisoned.includes(epoch * this.iterationsPerEpoch + iteration)
      yield { tensors: tinyBatch(epoch * 1000 + iteration, isPoisoned ? 1e25 : this.boxScale) }
    }
  }
}

/** One batch, by number. */
export function tinyBatch(number: number, boxScale = 1): HostTree<TrainBatch> {
  const random = new Random('batch', number)
  const images = Uint8Array.from({ length: 2 * 4 * 4 * 3 }, () => random.integer(256))
  const boxes = Float32Array.from({ length: 2 * 2 * 4 }, () => random.uniform() * boxScale)
  return {
    images: { dtype: 'uint8', shape: [2, 4, 4, 3], data: images },
    imageSizes: floats([4, 4, 4, 4], [2, 2]),
    boxesXyxy: floats(boxes, [2, 2, 4]),
    labels: ints([0, 1, 0, -1], [2, 2]),
  }
}
