import * as tf from '../tf/tf.js'

/**
 * How much each cell of an axis counts in sums of bilinear samples.
 *
 * A sample at `p` reads cell `i` with weight `max(0, 1 - |p - i|)`: two neighbours share it, and
 * cells that would lie outside of the axis read as 0. In two dimensions the weights of rows and
 * columns multiply.
 *
 * @param positions `[r, p, s]`, places of `s` samples in each of `p` sums, in cells; cell `i`
 *   stands at `i`.
 * @param shares `[r, p, s]`, the factor of each sample in its sum.
 * @param size cells of the axis.
 * @returns `[r, p, size]`.
 */
export function bilinearWeights(
  positions: tf.Tensor3D,
  shares: tf.Tensor3D,
  size: number,
): tf.Tensor3D {
  const cells = tf.reshape(tf.range(0, size), [1, 1, size])
  const shareOf = tf.split(shares, shares.shape[2], 2) // each [r, p, 1]
  const weightsOf = tf.split(positions, positions.shape[2], 2).map((position, s) => {
    const distance = tf.abs(tf.sub(position, cells)) // [r, p, size]
    return tf.mul(tf.relu(tf.sub(1, distance)), shareOf[s])
  })
  return weightsOf.reduce((sum, weights) => tf.add(sum, weights)) as tf.Tensor3D
}
