import * as tf from '../tf/tf.js'
import { oneHot } from './one_hot.js'

/**
 * Weighted sum of softmax cross-entropies, with the gradient in closed form: probabilities less the
 * one-hot labels.
 *
 * Source: as PyTorch's `cross_entropy` with `reduction='none'`, weighted and summed.
 *
 * @param logits `[r, k]`; safe for any finite value.
 * @param labels `[r]` int32, class in [0, k).
 * @param weights `[r]`; a row of weight 0 may have any label.
 * @returns a scalar; 0 for empty input. There is no gradient with respect to `labels` and
 *   `weights`.
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  weights: tf.Tensor1D,
): tf.Scalar {
  const differentiable = tf.customGrad((x, save) => {
    const logits = x as tf.Tensor2D
    const target = oneHot(labels, logits.shape[1]) // [r, k]
    const shifted = tf.sub(logits, tf.max(logits, 1, true)) // [r, k], at most 0
    const powers = tf.exp(shifted)
    const total = tf.sum(powers, 1, true) // [r, 1], at least 1
    const ofTarget = tf.sum(tf.mul(shifted, target), 1) // [r]
    const losses = tf.sub(tf.reshape(tf.log(total), [-1]), ofTarget)

    ;(save as tf.GradSaveFunc)([powers, total, target, weights])
    const gradFunc = (dy: tf.Tensor, [powers, total, target, weights]: tf.Tensor[]) => {
      const scale = tf.expandDims(tf.mul(weights, dy), 1) // [r, 1]
      return tf.mul(tf.sub(tf.div(powers, total), target), scale)
    }
    return { value: tf.sum(tf.mul(losses, weights)), gradFunc }
  })
  return differentiable(logits) as tf.Scalar
}
