import * as tf from '../tf/tf.js'
import { fullPrecision } from './full_precision.js'

/**
 * How far the classes of a student are from those of its teacher: `T^2` times the Kullback-Leibler
 * divergence of `softmax(student / T)` from `softmax(teacher / T)`, the mean over images. `T^2`
 * keeps the size of gradients while `T` changes.
 *
 * Source: arXiv:1503.02531; as PyTorch's `kl_div` of logarithms with `reduction='batchmean'`.
 *
 * @param logits `[n, k]`, the student's; safe for any finite value.
 * @param teacher `[n, k]`, its teacher's logits; has no gradient.
 * @param temperature T, above 0. @default 1
 * @returns a scalar; 0 where both have the same logits.
 */
export function distillationLoss(
  logits: tf.Tensor2D,
  teacher: tf.Tensor2D,
  temperature = 1,
): tf.Scalar {
  const differentiable = tf.customGrad((x, save) => {
    const student = logSoftmax(x as tf.Tensor2D, temperature) // [n, k]
    const taught = logSoftmax(teacher, temperature) // [n, k]
    const probabilities = tf.exp(taught)
    const perImage = tf.sum(tf.mul(probabilities, tf.sub(taught, student)), 1) // [n]
    ;(save as tf.GradSaveFunc)([student, probabilities])
    const gradFunc = (dy: tf.Tensor, [student, probabilities]: tf.Tensor[]) => {
      const scale = tf.mul(dy, temperature / student.shape[0])
      return tf.mul(tf.sub(tf.exp(student), probabilities), scale)
    }
    return { value: tf.mul(tf.mean(perImage), temperature ** 2), gradFunc }
  })
  return differentiable(logits) as tf.Scalar
}

/** Logarithms of `softmax(logits / temperature)`, `[n, k]`. */
function logSoftmax(logits: tf.Tensor2D, temperature: number): tf.Tensor2D {
  const divided = tf.div(fullPrecision(logits), temperature)
  const shifted = tf.sub(divided, tf.max(divided, 1, true)) // at most 0
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)))
}
