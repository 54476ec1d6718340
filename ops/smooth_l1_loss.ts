import * as tf from '../tf/tf.js'
import { l1Loss } from './l1_loss.js'

/**
 * Weighted sum of differences, squared while small: `d^2 / (2 beta)` where `d = |x - t| < beta`,
 * else `d - beta / 2`.
 *
 * Source: Fast R-CNN, arXiv:1504.08083; as mmdetection 2.x.
 *
 * @param predictions `[..., 4]`, or any shape.
 * @param targets as `predictions`; has no gradient.
 * @param weights broadcasts against `predictions`; has no gradient.
 * @param beta where the parabola meets the line; with 0 it is `l1Loss`.
 * @returns a scalar; 0 for empty input.
 */
export function smoothL1Loss(
  predictions: tf.Tensor,
  targets: tf.Tensor,
  weights: tf.Tensor,
  beta = 1,
): tf.Scalar {
  if (beta === 0) return l1Loss(predictions, targets, weights)
  const differentiable = tf.customGrad((x, save) => {
    // The difference, held within +-beta, is beta times the slope; the value follows from it:
    // c (2 d - c) / (2 beta) is the parabola where c = d, and the line where c = +-beta.
    const difference = tf.sub(x as tf.Tensor, targets)
    const held = tf.clipByValue(difference, -beta, beta)
    ;(save as tf.GradSaveFunc)([held, weights])
    const value = tf.mul(held, tf.sub(tf.mul(difference, 2), held))
    return {
      value: tf.div(tf.sum(tf.mul(value, weights)), 2 * beta),
      gradFunc: (dy: tf.Tensor, [held, weights]: tf.Tensor[]) =>
        tf.mul(held, tf.mul(weights, tf.div(dy, beta))),
    }
  })
  return differentiable(predictions) as tf.Scalar
}
