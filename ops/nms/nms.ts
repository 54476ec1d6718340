import * as tf from '../../tf/tf.js'
import './lowering.js'
import { NMS_KERNEL, type NmsAttributes, registerNmsKernel } from './host_kernel.js'

for (const backend of ['cpu', 'wasm', 'webgl', 'tensorflow']) registerNmsKernel(backend)

export interface NmsOptions {
  /** A (box, class) pair takes part if its score is greater than this. */
  scoreThr: number
  /** A box is dropped if its IoU with a better one of its class is greater than this. */
  iouThr: number
  /** Detections kept of an image, over all classes. */
  maxPerImage: number
}

/**
 * Keeps the best boxes of each image, and of those that overlap within a class only the best.
 *
 * Source: greedy class-wise suppression; as mmdetection 2.x's `multiclass_nms` and torchvision's
 * `batched_nms`, without their rounding from shifted coordinates. Equal scores go by class, then by
 * box.
 *
 * @param boxesXyxy `[n, b, 4]`, shared by all classes, or `[n, c, b, 4]`, of each class.
 * @param scores `[n, c, b]`.
 * @returns `maxPerImage` detections an image, by descending score; boxes and scores 0 and labels -1
 *   where there are fewer. Not differentiable.
 */
export function multiclassNms(
  boxesXyxy: tf.Tensor3D | tf.Tensor4D,
  scores: tf.Tensor3D,
  { scoreThr, iouThr, maxPerImage }: NmsOptions,
): { boxesXyxy: tf.Tensor3D; scores: tf.Tensor2D; labels: tf.Tensor2D } {
  const [imageCount, classCount, boxCount] = scores.shape
  const attributes: NmsAttributes = {
    maxOutputPerClass: maxPerImage, // more of one class could never be among the best of all
    iouThreshold: iouThr,
    scoreThreshold: scoreThr,
    maxOutput: maxPerImage,
  }
  const selected = tf
    .engine()
    .runKernel(
      NMS_KERNEL,
      { boxes: boxesXyxy, scores },
      attributes as unknown as tf.NamedAttrMap,
    ) as tf.Tensor3D // [n, k, 2]: class, box

  const [labels, boxes] = tf.split(selected, 2, 2).map((t) => tf.reshape(t, [-1])) // each [n k]
  const isKept = tf.cast(tf.greaterEqual(labels, 0), 'float32')
  const none = tf.scalar(0, 'int32')
  const [label, box] = [tf.maximum(labels, none), tf.maximum(boxes, none)]
  const scoreRow = tf.add(
    tf.add(firstRows(imageCount, maxPerImage, classCount * boxCount), box),
    tf.mul(label, tf.scalar(boxCount, 'int32')),
  )
  const isShared = boxesXyxy.rank === 3
  const boxRow = isShared ? tf.add(firstRows(imageCount, maxPerImage, boxCount), box) : scoreRow
  const keptBoxes = tf.gather(tf.reshape(boxesXyxy, [-1, 4]), boxRow) // [n k, 4]
  const keptScores = tf.gather(tf.reshape(scores, [-1]), scoreRow) // [n k]
  return {
    boxesXyxy: tf.reshape(tf.mul(keptBoxes, tf.expandDims(isKept, 1)), [imageCount, -1, 4]),
    scores: tf.reshape(tf.mul(keptScores, isKept), [imageCount, -1]),
    labels: tf.reshape(labels, [imageCount, -1]),
  }
}

/** Where the rows of each image begin in a table of all images: `[n * repeats]` int32. */
function firstRows(imageCount: number, repeats: number, rowsPerImage: number): tf.Tensor1D {
  const rowOf = (i: number) => Math.floor(i / repeats) * rowsPerImage
  return tf.tensor1d(
    Array.from({ length: imageCount * repeats }, (_, i) => rowOf(i)),
    'int32',
  )
}
