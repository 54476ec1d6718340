import * as tf from '../tf/tf.js'

/**
 * Leaves out a residual branch for some images, and makes up for it in the others: kept branches
 * are divided by their probability to be kept.
 *
 * Source: stochastic depth, arXiv:1603.09382; as timm's `DropPath`.
 *
 * @param branch `[n r, c]`: `r` rows of each image.
 * @param noise `[n]`, uniform in [0, 1): an image's branch is kept where it is at least `rate`.
 * @param rate probability to be left out, in [0, 1).
 * @returns `[n r, c]`.
 */
export function dropPath(branch: tf.Tensor2D, noise: tf.Tensor1D, rate: number): tf.Tensor2D {
  const [imageCount] = noise.shape
  const [rows, channels] = branch.shape
  const isKept = tf.cast(tf.greaterEqual(noise, rate), 'float32')
  const factor = tf.reshape(tf.mul(isKept, 1 / (1 - rate)), [imageCount, 1, 1])
  const images = tf.reshape(branch, [imageCount, rows / imageCount, channels])
  return tf.reshape(tf.mul(images, factor), [rows, channels])
}

/**
 * Sets values to 0 at random, and makes up for it in the others, which are divided by their
 * probability to be kept.
 *
 * Source: arXiv:1207.0580; as PyTorch's `Dropout`.
 *
 * @param x of any shape.
 * @param noise of the shape of `x`, uniform in [0, 1): a value is kept where it is at least `rate`.
 * @param rate probability to be set to 0, in [0, 1).
 */
export function dropout<Values extends tf.Tensor>(
  x: Values,
  noise: tf.Tensor,
  rate: number,
): Values {
  const isKept = tf.cast(tf.greaterEqual(noise, rate), 'float32')
  return tf.mul(x, tf.mul(isKept, 1 / (1 - rate))) as Values
}
