import * as tf from '../tf/tf.js'

/**
 * Weighted sum of absolute differences. The slope at a difference of 0 is 0, as in PyTorch.
 *
 * @param predictions `[..., 4]`, or any shape.
 * @param targets as `predictions`; has no gradient.
 * @param weights broadcasts against `predictions`; has no gradient.
 * @returns a scalar; 0 for empty input.
 */
export function l1Loss(predictions: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  const differentiable = tf.customGrad((x, save) => {
    const difference = tf.sub(x as tf.Tensor, targets)
    ;(save as tf.GradSaveFunc)([difference, weights])
    return {
      value: tf.sum(tf.mul(tf.abs(difference), weights)),
      gradFunc: (dy: tf.Tensor, [difference, weights]: tf.Tensor[]) =>
        tf.mul(tf.sign(difference), tf.mul(weights, dy)),
    }
  })
  return differentiable(predictions) as tf.Scalar
}
