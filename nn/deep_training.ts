import * as tf from '../tf/tf.js'
import type { ForwardOptions } from './module.js'

/**
 * Forward options for a network that was trained up to a deep-training lambda, as a constant of the
 * graph. At 1 there are none: the activation between paired convolutions is left out.
 *
 * @param lambda in [0, 1], as `CheckpointMetadata` has it.
 */
export function atLambda(lambda: number): Pick<ForwardOptions, 'lambda'> {
  return lambda === 1 ? {} : { lambda: tf.scalar(lambda) }
}

/**
 * The activation of deep training, `(1 - lambda) relu(x) + lambda x`: a LeakyReLU of slope lambda.
 * PReLU is the one operation that takes its slope as a tensor.
 *
 * Source: arXiv:2305.12972, equation 1.
 *
 * @param x `[n, h, w, c]`; the result has its shape, and is `x` itself without lambda.
 */
export function deepTraining(x: tf.Tensor4D, { lambda }: ForwardOptions): tf.Tensor4D {
  return lambda === undefined ? x : (tf.prelu<tf.Tensor>(x, lambda) as tf.Tensor4D)
}
