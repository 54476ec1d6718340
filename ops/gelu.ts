import * as tf from '../tf/tf.js'

/** Name under which `runKernel` finds it on a backend that has it; others compose operations. */
const KERNEL = 'Gelu'

/**
 * The Gaussian error linear unit, `x (1 + erf(x / sqrt(2))) / 2`: x times the probability that a
 * standard normal number is below x. Its gradient is that probability and x times the normal
 * density.
 *
 * Source: arXiv:1606.08415; as PyTorch's `GELU` without approximation.
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc]
    save([x])
    const value = tf.hasKernel(KERNEL)
      ? tf.engine().runKernel(KERNEL, { x })
      : tf.mul(x, probabilityBelow(x))
    return { value: value as tf.Tensor, gradFunc: (dy, [x]) => tf.mul(dy, slope(x)) }
  })
  return op(x) as T
}

function probabilityBelow(x: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5)
}

function slope(x: tf.Tensor): tf.Tensor {
  // Minus a square, which mixed precision sees to be none above 0
  const bell = tf.exp(tf.mul(tf.mul(x, -0.5), x))
  return tf.add(probabilityBelow(x), tf.mul(tf.mul(x, bell), 1 / Math.sqrt(2 * Math.PI)))
}
