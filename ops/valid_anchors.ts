import * as tf from '../tf/tf.js'
import type { AnchorOptions } from './anchors.js'

/**
 * Which anchors are centred inside their own padded image; the others lie on padding that came with
 * the batch.
 *
 * Source: mmdetection 2.x's valid flags.
 *
 * @param featureSizes `[height, width]` of each level in cells.
 * @param paddedSizes `[n, 2]`, height and width of each image with its own padding, input pixels.
 * @returns `[n, l]` bool for each level, in the order of `levelAnchors`.
 */
export function validAnchors(
  featureSizes: readonly (readonly [number, number])[],
  paddedSizes: tf.Tensor2D,
  { strides, scales, ratios }: AnchorOptions,
): tf.Tensor2D[] {
  const anchorsPerCell = scales.length * ratios.length
  const [heights, widths] = tf.split(tf.expandDims(paddedSizes, 2), 2, 1) // each [n, 1, 1]
  return featureSizes.map(([rows, columns], level) => {
    const multiples = (count: number, repeats: number) =>
      Array.from({ length: count * repeats }, (_, i) => strides[level] * Math.floor(i / repeats))
    const y = tf.tensor3d(multiples(rows, 1), [1, rows, 1])
    const x = tf.tensor3d(multiples(columns, anchorsPerCell), [1, 1, columns * anchorsPerCell])
    const isInside = tf.logicalAnd(tf.less(y, heights), tf.less(x, widths)) // [n, rows, columns k]
    return tf.reshape(isInside, [paddedSizes.shape[0], -1]) as tf.Tensor2D
  })
}
