import * as tf from '../tf/tf.js'
import { bilinearWeights } from './bilinear_weights.js'
import { fullPrecision } from './full_precision.js'

/** The masks of the objects of each image, cut out around the object. */
export interface FramedMasks {
  /**
   * `[n, g, m, m]`: a cell is one of `m` x `m` equal parts of the frame; 0 for an empty one to 255
   * for a full one.
   */
  masks: tf.Tensor4D
  /**
   * `[n, g, 4]`, input pixels. Parts are one pixel wide or high, or more; outside of its frame a
   * mask is 0.
   */
  framesXyxy: tf.Tensor3D
  /**
   * `[n, 2]`, height and width that masks had before they were cut out, input pixels: what lies on
   * the border of it reaches half a pixel further. Without it there is no border.
   */
  canvasSizes?: tf.Tensor2D
}

export interface MaskTargetOptions {
  /** Cells along each side of a target. @default 28 */
  size?: number
}

/**
 * Samples of a target's cell on either axis at most: enough for a region twice as large as a frame
 * of 112 parts.
 */
const MAX_SAMPLES = 8

/** Half of what a full part of a mask counts. */
const HALF = 255 / 2

/**
 * What a mask head is to predict for each region: whether the object covers at least half of each
 * cell.
 *
 * A target's cell is the mean of bilinear samples spread evenly over it, on either axis one for
 * each part of the frame that the cell is wide, rounded up. Where parts are pixels this is the
 * region's RoIAlign from the full mask; where they are larger, the mask is coarser by so much.
 *
 * Source: mmdetection 2.x's `BitmapMasks.crop_and_resize`: torchvision's `roi_align` with
 * `aligned=True` and `sampling_ratio=0` of the region clipped to the canvas, then `>= 0.5`.
 *
 * @param roisXyxy `[n, r, 4]`, input pixels.
 * @param matches `[n, r]` int32, row of each region's object; below 0 for none.
 * @returns `[n r, size, size]` of 0 and 1, image by image; 0 for regions without an object or a
 *   size. Not differentiable.
 */
export function maskTargets(
  { masks, framesXyxy, canvasSizes }: FramedMasks,
  roisXyxy: tf.Tensor3D,
  matches: tf.Tensor2D,
  { size = 28 }: MaskTargetOptions = {},
): tf.Tensor3D {
  const [imageCount, roiCount] = matches.shape
  const [, objectCount, parts] = masks.shape
  if (objectCount === 0) return tf.zeros([imageCount * roiCount, size, size])
  const object = objectRows(matches, objectCount) // [R] with R = n r
  const frames = tf.gather(tf.reshape(framesXyxy, [-1, 4]), object) // [R, 4]
  const [left, top, right, bottom] = columnsOf(frames)
  const [x1, y1, x2, y2] = columnsOf(tf.reshape(roisXyxy, [-1, 4]))
  const [height, width] = canvasSizes ? columnsOf(repeatRows(canvasSizes, roiCount)) : []
  const grid = { size, parts }
  const rows = cellsAlong(
    { from: y1, to: y2, frameFrom: top, frameTo: bottom, length: height },
    grid,
  )
  const columns = cellsAlong(
    { from: x1, to: x2, frameFrom: left, frameTo: right, length: width },
    grid,
  )

  const mask = tf.gather(tf.reshape(masks, [imageCount * objectCount, parts * parts]), object)
  const cells = tf.reshape(tf.cast(mask, 'float32'), [-1, parts, parts]) as tf.Tensor3D
  // Marked on both sides, the products are no layers and stay in float32.
  const [ofRows, ofColumns] = [rows.weights, columns.weights].map((x) => fullPrecision(x))
  // [R, size, size]
  const sums = tf.matMul(tf.matMul(ofRows, fullPrecision(cells)), ofColumns, false, true)
  const isCovered = tf.greaterEqual(sums, tf.mul(HALF, tf.mul(rows.samples, columns.samples)))
  const isMatched = tf.greaterEqual(tf.reshape(matches, [-1, 1, 1]), tf.scalar(0, 'int32'))
  return tf.cast(tf.logicalAnd(isCovered, isMatched), 'float32') as tf.Tensor3D
}

/**
 * Row of each region's object in a table of all images, `[R]` int32; a region without one takes the
 * first.
 */
function objectRows(matches: tf.Tensor2D, objectCount: number): tf.Tensor1D {
  const imageCount = matches.shape[0]
  const first = tf.tensor2d(
    Int32Array.from({ length: imageCount }, (_, i) => i * objectCount),
    [imageCount, 1],
  )
  return tf.reshape(tf.add(tf.maximum(matches, tf.scalar(0, 'int32')), first), [-1])
}

/** The rows of `[n, k]`, each `count` times: `[n count, k]`. */
function repeatRows(x: tf.Tensor2D, count: number): tf.Tensor {
  const [rows, k] = x.shape
  return tf.reshape(tf.tile(tf.reshape(x, [rows, 1, k]), [1, count, 1]), [rows * count, k])
}

/** The columns of `[R, k]`, each `[R, 1, 1]`. */
function columnsOf(x: tf.Tensor): tf.Tensor[] {
  return tf.split(tf.reshape(x, [x.shape[0], -1, 1]), x.shape[1] as number, 1)
}

/** One axis of regions and frames, input pixels, `[R, 1, 1]` each. */
interface Extent {
  from: tf.Tensor
  to: tf.Tensor
  frameFrom: tf.Tensor
  frameTo: tf.Tensor
  /** Length of the canvas. */
  length?: tf.Tensor
}

/**
 * How much each part of a frame counts in each row or column of a target.
 *
 * @returns `weights` `[R, size, parts]` of the sums of all samples, and how many `samples` a sum
 *   has, `[R, 1, 1]`.
 */
function cellsAlong(
  { from, to, frameFrom, frameTo, length }: Extent,
  { size, parts }: { size: number; parts: number },
): { weights: tf.Tensor3D; samples: tf.Tensor } {
  const inCanvas = (x: tf.Tensor) => (length ? tf.minimum(tf.relu(x), length) : x)
  const start = tf.sub(inCanvas(from), 0.5)
  const extent = tf.sub(tf.sub(inCanvas(to), 0.5), start)
  // pixels; 1 where nothing is framed
  const part = tf.maximum(tf.div(tf.sub(frameTo, frameFrom), parts), 1)
  const wanted = tf.ceil(tf.div(tf.div(extent, part), size)) // 0 for a region without a size
  const samples = tf.minimum(tf.maximum(wanted, 1), MAX_SAMPLES)

  const bin = tf.div(extent, size)
  // [R, size, 1]
  const binStart = tf.add(start, tf.mul(tf.reshape(tf.range(0, size), [1, size, 1]), bin))
  const index = tf.reshape(tf.range(0, MAX_SAMPLES), [1, 1, MAX_SAMPLES])
  // pixels, [R, size, s]
  const position = tf.add(binStart, tf.div(tf.mul(tf.add(index, 0.5), bin), samples))
  const inFrame = tf.div(tf.sub(position, frameFrom), part)
  // pixel 0 stands at half a pixel, part 0 at half a part
  const toCentre = tf.sub(tf.div(0.5, part), 0.5)
  let place = tf.add(inFrame, toCentre) // parts
  if (length) {
    const first = tf.div(tf.neg(frameFrom), part) // the part that begins with the canvas
    const last = tf.sub(tf.div(tf.sub(length, frameFrom), part), 1)
    place = tf.minimum(tf.maximum(place, first), last)
  }
  const isUsed = tf.cast(tf.less(index, tf.minimum(wanted, MAX_SAMPLES)), 'float32') // [R, 1, s]
  const shares = tf.tile(isUsed, [1, size, 1])
  return {
    weights: bilinearWeights(place as tf.Tensor3D, shares as tf.Tensor3D, parts),
    samples,
  }
}
