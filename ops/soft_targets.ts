import * as tf from '../tf/tf.js'
import { oneHot } from './one_hot.js'

/**
 * Targets of classes with label smoothing: `1 - smoothing + smoothing / k` for the class, and
 * `smoothing / k` for all others.
 *
 * Source: arXiv:1512.00567, as timm's `mixup_target`.
 *
 * @param labels `[n]` int32, class in [0, k).
 * @param smoothing in [0, 1). @default 0
 * @returns `[n, k]`; each row sums to 1.
 */
export function smoothedTargets(
  labels: tf.Tensor1D,
  numClasses: number,
  smoothing = 0,
): tf.Tensor2D {
  const rows = oneHot(labels, numClasses)
  if (smoothing === 0) return rows
  return tf.add(tf.mul(rows, 1 - smoothing), smoothing / numClasses) as tf.Tensor2D
}

/**
 * Binary cross-entropy of every class against soft targets, the mean over all of them:
 * `softplus(x) - x y`, whose slope is `sigmoid(x) - y`.
 *
 * Source: as PyTorch's `binary_cross_entropy_with_logits`.
 *
 * @param logits `[n, k]`; safe for any finite value.
 * @param targets `[n, k]`, in [0, 1]; has no gradient.
 */
export function softBinaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const differentiable = tf.customGrad((x, save) => {
    ;(save as tf.GradSaveFunc)([x as tf.Tensor, targets])
    const losses = tf.sub(tf.softplus(x as tf.Tensor), tf.mul(x as tf.Tensor, targets))
    const gradFunc = (dy: tf.Tensor, [x, targets]: tf.Tensor[]) =>
      tf.mul(tf.sub(tf.sigmoid(x), targets), tf.div(dy, x.size))
    return { value: tf.mean(losses), gradFunc }
  })
  return differentiable(logits) as tf.Scalar
}

/**
 * Cross-entropy of the softmax against soft targets, the mean over images; its slope is the
 * probabilities less the targets.
 *
 * Source: as timm's `SoftTargetCrossEntropy`.
 *
 * @param logits `[n, k]`; safe for any finite value.
 * @param targets `[n, k]`, each row sums to 1; has no gradient.
 */
export function softCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const differentiable = tf.customGrad((x, save) => {
    const shifted = tf.sub(x as tf.Tensor, tf.max(x as tf.Tensor, 1, true)) // at most 0
    const powers = tf.exp(shifted)
    const total = tf.sum(powers, 1, true) // [n, 1], at least 1
    const ofTargets = tf.sum(tf.mul(shifted, targets), 1)
    const losses = tf.sub(tf.reshape(tf.log(total), [-1]), ofTargets)
    ;(save as tf.GradSaveFunc)([tf.div(powers, total), targets])
    const gradFunc = (dy: tf.Tensor, [probabilities, targets]: tf.Tensor[]) =>
      tf.mul(tf.sub(probabilities, targets), tf.div(dy, probabilities.shape[0]))
    return { value: tf.mean(losses), gradFunc }
  })
  return differentiable(logits) as tf.Scalar
}
