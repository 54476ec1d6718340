/** What every detector here does to its input: mmdetection's normalisation and padding. */

import * as tf from '../tf/tf.js'

/**
 * Each image's own padding reaches to the next multiple of this; what lies beyond came with the
 * batch.
 */
const SIZE_DIVISOR = 32

/** Sizes rounded up to multiples of `SIZE_DIVISOR`: `[n, 2]`. */
export function paddedSizes(imageSizes: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(tf.ceil(tf.div(imageSizes, SIZE_DIVISOR)), SIZE_DIVISOR)
}
