import * as tf from '../tf/tf.js'

/**
 * Weighted sum of binary cross-entropies of `sigmoid(logits)`.
 *
 * With `s = -x` for a target of 1 and `s = x` for one of 0, the loss is `softplus(s)` and its slope
 * `+-sigmoid(s)`: neither loses digits or overflows, however sure and however wrong the logit is.
 *
 * @param logits any shape.
 * @param targets 0 or 1, as `logits`; has no gradient.
 * @param weights broadcasts against `logits`; has no gradient.
 * @returns a scalar; 0 for empty input.
 */
export function binaryCrossEntropy(
  logits: tf.Tensor,
  targets: tf.Tensor,
  weights: tf.Tensor,
): tf.Scalar {
  const differentiable = tf.customGrad((x, save) => {
    const sign = tf.sub(1, tf.mul(targets, 2)) // -1 for a target of 1, 1 for one of 0
    const wrongness = tf.mul(x as tf.Tensor, sign)
    ;(save as tf.GradSaveFunc)([wrongness, sign, weights])
    return {
      value: tf.sum(tf.mul(tf.softplus(wrongness), weights)),
      gradFunc: (dy: tf.Tensor, [wrongness, sign, weights]: tf.Tensor[]) =>
        tf.mul(tf.mul(tf.sigmoid(wrongness), sign), tf.mul(weights, dy)),
    }
  })
  return differentiable(logits) as tf.Scalar
}
