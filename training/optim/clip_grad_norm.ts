import * as tf from '../../tf/tf.js'

/**
 * Euclidean norm of all gradients taken together.
 *
 * @param gradients of any shapes; at least one.
 * @returns scalar.
 */
export function globalNorm(gradients: readonly tf.Tensor[]): tf.Scalar {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)))
  return tf.sqrt(squares.reduce((total, square) => tf.add(total, square))) as tf.Scalar
}

/**
 * Scales gradients down so that their global norm is at most `maxNorm`; smaller ones stay as they
 * are.
 *
 * Source: `torch.nn.utils.clip_grad_norm_`, with its 1e-6 in the denominator.
 *
 * @param norm scalar, `globalNorm` of the gradients.
 */
export function clipGradNorm(
  gradients: Readonly<Record<string, tf.Tensor>>,
  norm: tf.Scalar,
  maxNorm: number,
): Record<string, tf.Tensor> {
  const factor = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1)
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]),
  )
}
