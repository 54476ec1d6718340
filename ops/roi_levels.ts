import * as tf from '../tf/tf.js'

export interface RoiLevelOptions {
  /** Maps to choose from. @default 4 */
  levels?: number
  /** Regions with sides below twice this, in input pixels, belong to the finest map. @default 56 */
  finestScale?: number
}

/**
 * The map of a feature pyramid that each region is read from:
 * `floor(log2(sqrt(w h) / finestScale + 1e-6))`, from 0 to the last level. It is found by comparing
 * with the powers of two, so that no rounding of a logarithm moves a region of exactly 112, 224 or
 * 448 pixels.
 *
 * Source: FPN, arXiv:1612.03144; as mmdetection 2.x's `SingleRoIExtractor`.
 *
 * @param roisXyxy `[n, r, 4]`, input pixels; one without an area is of level 0.
 * @returns `[n, r]` int32, 0 for the finest map. Not differentiable.
 */
export function roiLevels(
  roisXyxy: tf.Tensor3D,
  { levels = 4, finestScale = 56 }: RoiLevelOptions = {},
): tf.Tensor2D {
  const [imageCount, roiCount] = roisXyxy.shape
  const [min, max] = tf.split(roisXyxy, 2, 2) // each [n, r, 2]: x, y
  const [width, height] = tf.split(tf.relu(tf.sub(max, min)), 2, 2) // each [n, r, 1]
  const scale = tf.add(tf.div(tf.sqrt(tf.mul(width, height)), finestScale), 1e-6)
  let level: tf.Tensor = tf.zeros([imageCount, roiCount, 1], 'int32')
  for (let i = 1; i < levels; i++) {
    level = tf.add(level, tf.cast(tf.greaterEqual(scale, 2 ** i), 'int32'))
  }
  return tf.reshape(level, [imageCount, roiCount])
}
