import * as tf from '../tf/tf.js'

/**
 * Marks the place of each label. Unlike `tf.oneHot`, which refuses a depth of 1, it knows a single
 * class.
 *
 * @param labels `[r]` int32.
 * @param depth number of classes, at least 1.
 * @returns `[r, depth]` float32: 1 at the label, 0 elsewhere; a row of 0 for a label outside [0,
 *   depth). There is no gradient.
 */
export function oneHot(labels: tf.Tensor1D, depth: number): tf.Tensor2D {
  const classes = tf.range(0, depth, 1, 'int32') // [depth]
  const isLabel = tf.equal(tf.expandDims(labels, 1), classes) // [r, depth]
  const one: tf.Tensor = tf.scalar(1)
  return tf.where(isLabel, one, tf.scalar(0)) as tf.Tensor2D
}
