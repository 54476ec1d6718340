import * as tf from '../tf/tf.js'

/** A side may grow or shrink by `1000 / 16` = 62.5 at most, so that `exp` cannot overflow. */
const MAX_LOG_RATIO = Math.abs(Math.log(16 / 1000))

/** What deltas are measured in. */
export interface BoxCoderOptions {
  /** Subtracted from `dx dy dw dh` before the division. @default [0, 0, 0, 0] */
  means?: readonly [number, number, number, number]
  /** Divides `dx dy dw dh`. @default [1, 1, 1, 1] */
  stds?: readonly [number, number, number, number]
}

/**
 * Regression targets: how each anchor must move and grow to become its box.
 *
 * Source: the box transform of R-CNN, arXiv:1311.2524; as mmdetection 2.x's `DeltaXYWHBBoxCoder`.
 *
 * @param anchorsXyxy `[a, 4]`, each with a positive size.
 * @param boxesXyxy `[a, 4]`, in the same pixels, each with a positive size.
 * @returns `[a, 4]`, `dx dy` in anchor sizes, then `dw dh` as natural logs of size ratios,
 *   normalised.
 */
export function encodeBoxes(
  anchorsXyxy: tf.Tensor2D,
  boxesXyxy: tf.Tensor2D,
  options: BoxCoderOptions = {},
): tf.Tensor2D {
  const anchor = centreAndSize(anchorsXyxy)
  const box = centreAndSize(boxesXyxy)
  const shift = tf.div(tf.sub(box.centre, anchor.centre), anchor.size) // [a, 2]: x, y
  const logRatio = tf.log(tf.div(box.size, anchor.size))
  let deltas = tf.concat([shift, logRatio], 1) // [a, 4]
  if (options.means) deltas = tf.sub(deltas, tf.tensor2d([[...options.means]]))
  if (options.stds) deltas = tf.div(deltas, tf.tensor2d([[...options.stds]]))
  return deltas as tf.Tensor2D
}

/**
 * Turns regression deltas into boxes: the inverse of `encodeBoxes`.
 *
 * Source: as `encodeBoxes`; `dw dh` are clamped to +-ln(1000 / 16), `dx dy` are not.
 *
 * @param deltas `[a, 4]`, as `encodeBoxes` returns them.
 * @param anchorsXyxy `[a, 4]`, each with a positive size.
 * @returns `[a, 4]`, `x1 y1 x2 y2` in the anchors' pixels; not clipped, so they may leave the
 *   input.
 */
export function decodeBoxes(
  deltas: tf.Tensor2D,
  anchorsXyxy: tf.Tensor2D,
  options: BoxCoderOptions = {},
): tf.Tensor2D {
  let scaled: tf.Tensor = deltas
  if (options.stds) scaled = tf.mul(scaled, tf.tensor2d([[...options.stds]]))
  if (options.means) scaled = tf.add(scaled, tf.tensor2d([[...options.means]]))
  const [shift, logRatio] = tf.split(scaled, 2, 1) // each [a, 2]: x, y

  const anchor = centreAndSize(anchorsXyxy)
  const centre = tf.add(anchor.centre, tf.mul(anchor.size, shift))
  const ratio = tf.exp(tf.minimum(tf.maximum(logRatio, -MAX_LOG_RATIO), MAX_LOG_RATIO))
  const half = tf.mul(tf.mul(anchor.size, ratio), 0.5)
  return tf.concat([tf.sub(centre, half), tf.add(centre, half)], 1) as tf.Tensor2D
}

/**
 * Moves corners that lie outside an image to its border.
 *
 * @param boxesXyxy `[n, b, 4]`.
 * @param sizes `[n, 2]`, height and width of each image in the boxes' pixels.
 * @returns `[n, b, 4]`; x in [0, width], y in [0, height]; a box wholly outside becomes empty.
 */
export function clipBoxes(boxesXyxy: tf.Tensor3D, sizes: tf.Tensor2D): tf.Tensor3D {
  // [n, 1, 4]: w h w h
  const limit = tf.expandDims(tf.gather(sizes, tf.tensor1d([1, 0, 1, 0], 'int32'), 1), 1)
  return tf.minimum(tf.maximum(boxesXyxy, 0), limit) as tf.Tensor3D
}

function centreAndSize(boxesXyxy: tf.Tensor2D): { centre: tf.Tensor; size: tf.Tensor } {
  const [min, max] = tf.split(boxesXyxy, 2, 1) // each [a, 2]: x, y
  return { centre: tf.mul(tf.add(min, max), 0.5), size: tf.sub(max, min) }
}
