import * as tf from '../../tf/tf.js'

export interface AdamWBetas {
  readonly beta1: number
  readonly beta2: number
}

/**
 * What an update needs beside tensors of the parameter's shape: scalars, made by `adamWScalars`.
 */
export interface AdamWScalars<Scalar> {
  /** `1 - lr * weightDecay`. */
  readonly shrink: Scalar
  readonly stepSize: Scalar
  readonly epsilon: Scalar
}

/** One parameter with its moments, all of one shape. */
export interface AdamWArrays {
  readonly parameter: tf.Tensor
  /** Decayed sum of gradients: PyTorch's `exp_avg / (1 - beta1)`. */
  readonly m: tf.Tensor
  /** Decayed sum of squared gradients: PyTorch's `exp_avg_sq / (1 - beta2)`. */
  readonly v: tf.Tensor
}

/**
 * Folds everything but the arrays into three numbers, in double precision.
 *
 * With `c = sqrt((1 - beta2) / (1 - beta2^t))` the step `lr * mHat / (sqrt(vHat) + eps)` becomes
 * `stepSize * m / (sqrt(v) + eps / c)`, `stepSize = lr * (1 - beta1) / (1 - beta1^t) / c`.
 *
 * @param learningRate of this group and iteration.
 * @param step the update's number, from 1.
 */
export function adamWScalars(
  learningRate: number,
  step: number,
  { beta1, beta2, eps, weightDecay }: AdamWBetas & { eps: number; weightDecay: number },
): AdamWScalars<number> {
  const c = Math.sqrt((1 - beta2) / (1 - beta2 ** step))
  return {
    shrink: 1 - learningRate * weightDecay,
    stepSize: (learningRate * (1 - beta1)) / (1 - beta1 ** step) / c,
    epsilon: eps / c,
  }
}

/**
 * One AdamW update: decay that is not part of the gradient, then Adam's step.
 *
 * The moments are kept as sums, not as averages: eleven passes over the arrays instead of fourteen,
 * and on large networks the passes are what an update costs.
 *
 * Source: arXiv:1711.05101, as torch.optim.AdamW (without amsgrad).
 *
 * @param gradient of the parameter's shape.
 * @param decays false where the weight decay is 0, which saves a pass.
 */
export function adamW(
  { parameter, m, v }: AdamWArrays,
  gradient: tf.Tensor,
  { beta1, beta2, decays }: AdamWBetas & { decays: boolean },
  { shrink, stepSize, epsilon }: AdamWScalars<tf.Scalar>,
): AdamWArrays {
  const newM = tf.add(tf.mul(m, beta1), gradient)
  const newV = tf.add(tf.mul(v, beta2), tf.square(gradient))
  const change = tf.mul(tf.div(newM, tf.add(tf.sqrt(newV), epsilon)), stepSize)
  const shrunk = decays ? tf.mul(parameter, shrink) : parameter
  return { parameter: tf.sub(shrunk, change), m: newM, v: newV }
}
