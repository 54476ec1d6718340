import * as tf from '../../tf/tf.js'
import type { AdamWArrays, AdamWBetas } from './adamw.js'

/** What an update needs beside tensors of the parameter's shape. */
export interface LambScalars<Scalar> {
  readonly learningRate: Scalar
  /** Factor on `m / (sqrt(v) + epsilon)`. */
  readonly scale: Scalar
  readonly epsilon: Scalar
}

/** Global norm that LAMB scales gradients down to by itself. */
export const LAMB_MAX_NORM = 1

/**
 * One LAMB update of one parameter: Adam's direction and the weight decay together, as long as the
 * parameter is. The moments are kept as sums, as those of `adamW`.
 *
 * Source: arXiv:1904.00962, as timm's `Lamb`: no upper limit of the ratio, and a parameter without
 * weight decay keeps the length of Adam's step.
 *
 * @param gradient of the parameter's shape, clipped.
 */
export function lamb(
  { parameter, m, v }: AdamWArrays,
  gradient: tf.Tensor,
  { beta1, beta2, weightDecay }: AdamWBetas & { weightDecay: number },
  { learningRate, scale, epsilon }: LambScalars<tf.Scalar>,
): AdamWArrays {
  const newM = tf.add(tf.mul(m, beta1), gradient)
  const newV = tf.add(tf.mul(v, beta2), tf.square(gradient))
  const direction = tf.mul(tf.div(newM, tf.add(tf.sqrt(newV), epsilon)), scale)
  if (weightDecay === 0) {
    return { parameter: tf.sub(parameter, tf.mul(direction, learningRate)), m: newM, v: newV }
  }
  const update = tf.add(direction, tf.mul(parameter, weightDecay))
  const step = tf.mul(update, tf.mul(trustRatio(parameter, update), learningRate))
  return { parameter: tf.sub(parameter, step), m: newM, v: newV }
}

/** `|parameter| / |update|`, and 1 where either is 0. */
function trustRatio(parameter: tf.Tensor, update: tf.Tensor): tf.Scalar {
  const norm = (x: tf.Tensor) => tf.sqrt(tf.sum(tf.square(x)))
  const [ofParameter, ofUpdate] = [norm(parameter), norm(update)]
  const isEither = tf.equal(tf.mul(ofParameter, ofUpdate), 0)
  const safe = tf.where(isEither, tf.onesLike(ofUpdate), ofUpdate)
  return tf.where(isEither, tf.onesLike(safe), tf.div(ofParameter, safe)) as tf.Scalar
}
