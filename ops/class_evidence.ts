import * as tf from '../tf/tf.js'

/**
 * The logits of one class.
 *
 * @param logits its last axis is one or several times the classes.
 * @param classMask `[numClasses]`, 1 for the class that is asked for, else 0.
 * @returns `[logits.size / numClasses]`.
 */
export function logitsOfClass(logits: tf.Tensor, classMask: tf.Tensor1D): tf.Tensor1D {
  const rows = tf.reshape(logits, [-1, classMask.shape[0]])
  return tf.reshape(tf.matMul(rows, tf.expandDims(classMask, 1)), [-1])
}

/**
 * The largest value among those that count.
 *
 * @param counts bool, as many as `values`.
 */
export function largestThatCounts(values: tf.Tensor1D, counts: tf.Tensor): tf.Scalar {
  // 0, or -1 where it does not count
  const others = tf.sub(tf.reshape(tf.cast(counts, 'float32'), [-1]), 1)
  return tf.max(tf.add(values, tf.mul(others, 1e9)))
}
