/** What every detector here does to its input: mmdetection's normalisation and padding. */

import type { PixelStatistics } from '../ops/normalize_images.js'
import * as tf from '../tf/tf.js'

/** ImageNet's, R G B, from 0 to 255. */
export const IMAGENET_PIXELS: PixelStatistics = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
}

/**
 * Each image's own padding reaches to the next multiple of this; what lies beyond came with the
 * batch.
 */
const SIZE_DIVISOR = 32

/** Sizes rounded up to multiples of `SIZE_DIVISOR`: `[n, 2]`. */
export function paddedSizes(imageSizes: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(tf.ceil(tf.div(imageSizes, SIZE_DIVISOR)), SIZE_DIVISOR)
}
