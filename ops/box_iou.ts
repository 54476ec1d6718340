import * as tf from '../tf/tf.js'

/** Keeps the quotient finite for two empty boxes, whose IoU is then 0. */
const MIN_UNION = 1e-6

/**
 * Intersection over union of every pair of boxes.
 *
 * Source: mmdetection 2.x's `bbox_overlaps`; the order of operations is kept, because assignment
 * compares the results for exact equality.
 *
 * @param rowsXyxy `[m, 4]`.
 * @param columnsXyxy `[n, 4]`; give the longer list here, so that it runs along contiguous memory.
 * @returns `[m, n]`, in [0, 1].
 */
export function boxIou(rowsXyxy: tf.Tensor2D, columnsXyxy: tf.Tensor2D): tf.Tensor2D {
  const rows = tf.split(rowsXyxy, 4, 1) // x1 y1 x2 y2, each [m, 1]
  // each [1, n]
  const columns = tf.split(columnsXyxy, 4, 1).map((side) => tf.reshape(side, [1, -1]))
  const overlap = tf.mul(overlapAlong(0, rows, columns), overlapAlong(1, rows, columns)) // [m, n]
  const union = tf.sub(tf.add(area(rows), area(columns)), overlap)
  return tf.div(overlap, tf.maximum(union, MIN_UNION)) as tf.Tensor2D
}

/** Length of the overlap along x (0) or y (1), 0 where boxes do not meet: `[m, n]`. */
function overlapAlong(axis: 0 | 1, rows: tf.Tensor[], columns: tf.Tensor[]): tf.Tensor {
  const from = tf.maximum(rows[axis], columns[axis])
  const to = tf.minimum(rows[axis + 2], columns[axis + 2])
  return tf.relu(tf.sub(to, from))
}

function area([x1, y1, x2, y2]: tf.Tensor[]): tf.Tensor {
  return tf.mul(tf.sub(x2, x1), tf.sub(y2, y1))
}
