import * as tf from '../tf/tf.js'
import { ones, zeros } from './initializers.js'
import { Module } from './module.js'
import { Parameter } from './parameter.js'

/**
 * Names under which `runKernel` finds them on a backend that has them; others compose operations.
 */
const KERNEL = 'LayerNormalization'
const STATISTICS_KERNEL = 'LayerNormalizationStatistics'

export interface LayerNormOptions {
  channels: number
  /** Added to the variance. @default 1e-5 */
  eps?: number
}

/**
 * Normalises the channels of each cell by their own mean and biased variance.
 *
 * Source: arXiv:1607.06450; as PyTorch's `LayerNorm` over the last axis.
 */
export class LayerNorm extends Module {
  readonly weight: Parameter
  readonly bias: Parameter
  readonly eps: number

  constructor({ channels, eps = 1e-5 }: LayerNormOptions) {
    super()
    this.weight = new Parameter([channels], ones())
    this.bias = new Parameter([channels], zeros())
    this.eps = eps
  }

  /**
   * @param x `[r, channels]`.
   * @returns `[r, channels]`.
   */
  override forward(x: tf.Tensor2D): tf.Tensor2D {
    return layerNorm(x, this.weight.value as tf.Tensor1D, this.bias.value as tf.Tensor1D, this.eps)
  }
}

/**
 * `y = (x - mean) / deviation * weight + bias` for each row, and its gradient in closed form: with
 * `g = dy * weight` and `z` the normalised row, `dx = (g - mean(g) - z mean(g z)) / deviation`.
 * Sums over a row or a column are matrix products. The plain composition is the reference in the
 * test.
 *
 * @param x `[r, c]`.
 * @param weight `[c]`.
 * @param bias `[c]`.
 * @returns `[r, c]`.
 */
export function layerNorm(
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  eps: number,
): tf.Tensor2D {
  const op = tf.customGrad((...args) => {
    const [x, weight, bias, save] = args as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc]
    save([x, weight, bias])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      gradients(dy as tf.Tensor2D, saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D], eps)
    return { value: normalise(x, weight, bias, eps), gradFunc }
  })
  return op(x, weight, bias) as tf.Tensor2D
}

function normalise(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D, eps: number): tf.Tensor {
  if (tf.hasKernel(KERNEL)) {
    return tf.engine().runKernel(KERNEL, { x, weight, bias }, { epsilon: eps }) as tf.Tensor
  }
  const { mean, inverse } = statistics(x, weight, bias, eps)
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), inverse), weight), bias)
}

/** Mean and inverse standard deviation of each row, both `[r, 1]`. */
function statistics(x: tf.Tensor2D, weight: tf.Tensor1D, bias: tf.Tensor1D, eps: number) {
  if (tf.hasKernel(STATISTICS_KERNEL)) {
    const inputs = { x, weight, bias } // all of them, which identifies whose statistics they are
    const results = tf.engine().runKernel(STATISTICS_KERNEL, inputs, { epsilon: eps })
    const [mean, inverse] = results as tf.Tensor2D[]
    return { mean, inverse }
  }
  const mean = tf.mean(x, 1, true)
  const variance = tf.mean(tf.square(tf.sub(x, mean)), 1, true)
  return { mean, inverse: tf.div(1, tf.sqrt(tf.add(variance, eps))) }
}

/** Gradients of x, weight and bias. */
function gradients(
  dy: tf.Tensor2D,
  [x, weight, bias]: readonly [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D],
  eps: number,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const channels = x.shape[1]
  const { mean, inverse } = statistics(x, weight, bias, eps)
  const column = tf.reshape(weight, [channels, 1])
  const dyX = tf.mul(dy, x)
  const meanG = tf.div(tf.matMul(dy, column), channels) // [r, 1]
  const meanGX = tf.div(tf.matMul(dyX, column), channels)
  const meanGZ = tf.mul(tf.sub(meanGX, tf.mul(mean, meanG)), inverse)

  // dx = inverse g + slope x + shift, the last two of each row
  const slope = tf.neg(tf.mul(tf.square(inverse), meanGZ))
  const shift = tf.neg(tf.add(tf.mul(inverse, meanG), tf.mul(slope, mean)))
  const dx = tf.add(tf.mul(tf.mul(dy, weight), inverse), tf.add(tf.mul(x, slope), shift))

  const ofX = tf.matMul(inverse, dyX, true) // [1, c]
  const ofMean = tf.matMul(tf.mul(inverse, mean), dy, true)
  const dWeight = tf.reshape(tf.sub(ofX, ofMean), [channels])
  return [dx, dWeight, tf.sum(dy, 0)]
}
