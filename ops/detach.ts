import * as tf from '../tf/tf.js'

/**
 * The same values, to differentiation a constant.
 *
 * Operations without a gradient (`topk`, suppression) may lie before it or behind it in the middle
 * of a differentiated function: no path from `x` to the result leads through them. `tf.grads`
 * refuses an `x` from which no other path leads to its result.
 */
export function detach<T extends tf.Tensor>(x: T): T {
  // Not an argument of the differentiated function, so that the tape knows of no input.
  const constant = tf.customGrad(() => ({ value: tf.clone(x) as tf.Tensor, gradFunc: () => [] }))
  return constant() as T
}
