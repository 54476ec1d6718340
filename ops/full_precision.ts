import * as tf from '../tf/tf.js'

/** Name under which `runKernel` finds it on a backend that has it; to others it is the identity. */
const KERNEL = 'FullPrecision'

/**
 * The same values, from here on in float32 where a graph is computed in mixed precision: what is
 * made of them up to the next layer, and their gradient up to the layer before. For losses and for
 * coordinates: float16 steps by 1 pixel from 1024 on and ends at 65504.
 */
export function fullPrecision<T extends tf.Tensor>(x: T): T {
  if (!tf.hasKernel(KERNEL)) return x
  const mark = (x: tf.Tensor) => tf.engine().runKernel(KERNEL, { x }) as tf.Tensor
  const op = tf.customGrad((x) => ({ value: mark(x as tf.Tensor), gradFunc: mark }))
  return op(x) as T
}
