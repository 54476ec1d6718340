import * as tf from '../tf/tf.js'

/**
 * Marks the pixels of one box an image.
 *
 * @param boxesXyxy `[n, 4]` float32 `x1 y1 x2 y2`, whole pixels, the right and lower edge not
 *   included; a box of no size marks nothing.
 * @param size `[height, width]`.
 * @returns `[n, height, width, 1]` float32: 1 inside the box, 0 outside.
 */
export function boxMask(boxesXyxy: tf.Tensor2D, [height, width]: readonly number[]): tf.Tensor4D {
  const [count] = boxesXyxy.shape
  const [x1, y1, x2, y2] = tf.split(tf.reshape(boxesXyxy, [count, 4, 1, 1]), 4, 1) // [n, 1, 1, 1]
  const within = (along: tf.Tensor, from: tf.Tensor, to: tf.Tensor) =>
    tf.logicalAnd(tf.greaterEqual(along, from), tf.less(along, to))
  const rows = within(tf.reshape(tf.range(0, height), [1, height, 1, 1]), y1, y2) // [n, h, 1, 1]
  const columns = within(tf.reshape(tf.range(0, width), [1, 1, width, 1]), x1, x2) // [n, 1, w, 1]
  return tf.mul(tf.cast(rows, 'float32'), tf.cast(columns, 'float32')) as tf.Tensor4D
}
