import * as tf from '../tf/tf.js'

/** Mean and standard deviation of each channel, R G B, in the images' own range. */
export interface PixelStatistics {
  mean: readonly number[]
  std: readonly number[]
}

/** ImageNet's, R G B, from 0 to 255. */
export const IMAGENET_PIXELS: PixelStatistics = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
}

/**
 * Makes network input of images: `(x - mean) / std`.
 *
 * @param images `[n, h, w, 3]`, RGB 0 to 255.
 * @returns `[n, h, w, 3]` float32.
 */
export function scalePixels(images: tf.Tensor4D, { mean, std }: PixelStatistics): tf.Tensor4D {
  const centred = tf.sub(tf.cast(images, 'float32'), tf.tensor1d([...mean]))
  return tf.mul(centred, tf.tensor1d(std.map((value) => 1 / value))) as tf.Tensor4D
}

/**
 * Makes network input of padded images: `(x - mean) / std` inside each image, 0 in its padding.
 *
 * @param images `[n, h, w, 3]`, RGB 0 to 255.
 * @param imageSizes `[n, 2]` float32, height and width of each image without its padding.
 * @returns `[n, h, w, 3]` float32.
 */
export function normalizeImages(
  images: tf.Tensor4D,
  imageSizes: tf.Tensor2D,
  pixels: PixelStatistics,
): tf.Tensor4D {
  const scaled = scalePixels(images, pixels)
  return tf.mul(scaled, insideMask(images.shape, imageSizes)) as tf.Tensor4D
}

/** 1 inside each image, 0 in its padding: `[n, h, w, 1]`. */
function insideMask([count, height, width]: number[], imageSizes: tf.Tensor2D): tf.Tensor4D {
  // each [n, 1, 1, 1]
  const [heights, widths] = tf.split(tf.reshape(imageSizes, [count, 2, 1, 1]), 2, 1)
  // [n, h, 1, 1]
  const inRows = tf.less(tf.reshape(tf.range(0, height), [1, height, 1, 1]), heights)
  // [n, 1, w, 1]
  const inColumns = tf.less(tf.reshape(tf.range(0, width), [1, 1, width, 1]), widths)
  return tf.mul(tf.cast(inRows, 'float32'), tf.cast(inColumns, 'float32')) as tf.Tensor4D
}
