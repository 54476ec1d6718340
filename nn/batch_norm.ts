import { ConfigError } from '../errors.js'
import * as tf from '../tf/tf.js'
import { ones, zeros } from './initializers.js'
import { type ForwardOptions, Module } from './module.js'
import { type Initializer, Parameter } from './parameter.js'

/** Name under which `runKernel` finds it on a backend that has it; others compose operations. */
const MOMENTS_KERNEL = 'ChannelMoments'

export interface BatchNormOptions {
  channels: number
  /** Added to the variance. @default 1e-5 */
  eps?: number
  /** Weight of the newest batch in the running statistics. @default 0.1 */
  momentum?: number
  /** Uses the running statistics in training too (mmdetection's `norm_eval`). @default false */
  frozen?: boolean
  /** Initial values of the scale. @default ones() */
  init?: Initializer
  /** False: scale and shift are buffers, which no optimizer sees. @default true */
  trainable?: boolean
}

/**
 * Batch normalisation over all axes but the last, with PyTorch's conventions: the batch is
 * normalised by its biased variance, the running variance gathers the unbiased one.
 *
 * Source: arXiv:1502.03167; as PyTorch's `BatchNorm2d`.
 */
export class BatchNorm extends Module {
  readonly weight: Parameter
  readonly bias: Parameter
  readonly running_mean: Parameter
  readonly running_var: Parameter
  readonly eps: number
  readonly momentum: number
  readonly frozen: boolean

  constructor(options: BatchNormOptions) {
    super()
    const { channels, eps = 1e-5, momentum = 0.1, frozen = false, trainable } = options
    this.weight = new Parameter([channels], options.init ?? ones(), { trainable })
    this.bias = new Parameter([channels], zeros(), { trainable })
    this.running_mean = new Parameter([channels], zeros(), { trainable: false })
    this.running_var = new Parameter([channels], ones(), { trainable: false })
    this.eps = eps
    this.momentum = momentum
    this.frozen = frozen
  }

  /** @param x `[..., channels]`; the result has its shape. */
  override forward<T extends tf.Tensor>(x: T, options: ForwardOptions = {}): T {
    if (this.usesBatch(options)) return this.byBatch(x)
    const { scale, shift } = this.runningMap()
    return tf.add(tf.mul(x, scale), shift)
  }

  /** True where the statistics are the batch's own; elsewhere the norm is `runningMap`. */
  usesBatch({ training = false }: ForwardOptions): boolean {
    return training && !this.frozen
  }

  /** What the norm is by its running statistics: `x * scale + shift`, each `[channels]`. */
  runningMap(): { scale: tf.Tensor; shift: tf.Tensor } {
    const deviation = tf.sqrt(tf.add(this.running_var.value, this.eps))
    const scale = tf.div(this.weight.value, deviation)
    const shift = tf.sub(this.bias.value, tf.mul(this.running_mean.value, scale))
    return { scale, shift }
  }

  private byBatch<T extends tf.Tensor>(x: T): T {
    const values = x.size / x.shape[x.rank - 1]
    if (values < 2) {
      throw new ConfigError(
        'BatchNorm',
        `is to train on [${x.shape}], ${values} value a channel, which has no variance`,
        'use a larger batch or larger images, or freeze the norm (normEval)',
      )
    }
    const { y, mean, variance } = normalise(x, this.weight.value, this.bias.value, this.eps)
    const unbiased = tf.mul(variance, values / (values - 1))
    this.gather(this.running_mean, mean)
    this.gather(this.running_var, unbiased)
    tf.dispose([mean, variance])
    return y
  }

  private gather(running: Parameter, batch: tf.Tensor): void {
    const kept = tf.mul(running.value, 1 - this.momentum)
    running.update(tf.add(kept, tf.mul(batch, this.momentum)))
  }
}

/**
 * `y = gap * scale + bias` with `gap = x - mean` by the batch's own statistics, and its gradient in
 * closed form: `dx = a * dy + b * gap + c` with a, b, c per channel, so that forward and backward
 * cost one affine pass each besides their sums. The gap is there for the variance, and a channel of
 * nearly equal values does not overflow float16, as `x * scale` would. The plain composition is the
 * reference in the test.
 *
 * @returns y like x; mean and biased variance `[channels]`, kept: the caller disposes of them.
 */
function normalise<T extends tf.Tensor>(x: T, weight: tf.Tensor, bias: tf.Tensor, eps: number) {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis)
  const values = x.size / x.shape[x.rank - 1]
  let mean!: tf.Tensor
  let variance!: tf.Tensor

  const op = tf.customGrad((...args) => {
    const [x, weight, bias, save] = args as [T, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    const statistics = moments(x)
    mean = tf.keep(statistics.mean)
    variance = tf.keep(statistics.variance)
    const inverse = tf.div(1, tf.sqrt(tf.add(variance, eps)))
    const scale = tf.mul(weight, inverse)
    const gap = tf.sub(x, mean)
    save([gap, inverse, scale])
    return { value: tf.add(tf.mul(gap, scale), bias), gradFunc }
  })

  const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
    const [gap, inverse, scale] = saved
    const sumDy = tf.sum(dy, axes)
    const dWeight = tf.mul(tf.sum(tf.mul(dy, gap), axes), inverse)
    const b = tf.mul(tf.mul(scale, inverse), tf.mul(dWeight, -1 / values))
    const c = tf.mul(tf.mul(scale, sumDy), -1 / values)
    const dx = tf.add(tf.add(tf.mul(dy, scale), tf.mul(gap, b)), c)
    return [dx, dWeight, sumDy]
  }

  return { y: op(x, weight, bias) as T, mean, variance }
}

/** Mean and biased variance over all axes but the last: `[channels]` each. */
function moments(x: tf.Tensor): { mean: tf.Tensor; variance: tf.Tensor } {
  if (tf.hasKernel(MOMENTS_KERNEL)) {
    const [mean, variance] = tf.engine().runKernel(MOMENTS_KERNEL, { x }) as tf.Tensor[]
    return { mean, variance }
  }
  const axes = x.shape.slice(0, -1).map((_, axis) => axis)
  const mean = tf.mean(x, axes)
  // Not E[x^2] - mean^2, which cancels when the mean is large.
  return { mean, variance: tf.mean(tf.square(tf.sub(x, mean)), axes) }
}
