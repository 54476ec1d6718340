import * as tf from '../tf/tf.js'
import { type AnchorOptions, pyramidAnchors } from './anchors.js'

/**
 * All anchors of a pyramid, made from four lists of coordinates: in a traced graph they stay four
 * lists, and so does what is computed of them, which spares operations that repeat one value four
 * times.
 *
 * @returns `[a, 4]`, as `pyramidAnchors`.
 */
export function anchorsBySide(
  featureSizes: readonly (readonly [number, number])[],
  options: AnchorOptions,
): tf.Tensor2D {
  const { data, shape } = pyramidAnchors(featureSizes, options)
  const sides = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) sides[(i % 4) * shape[0] + Math.floor(i / 4)] = data[i]
  return tf.transpose(tf.tensor2d(sides, [4, shape[0]]))
}

/**
 * The box each anchor is to predict; an anchor without an object gets itself, so 0 deltas. Side by
 * side, for the sake of `anchorsBySide`.
 *
 * @param anchorsXyxy `[a, 4]`.
 * @param boxesXyxy `[g, 4]`.
 * @param matches `[a]` int32, row of the box, or negative.
 * @returns `[a, 4]`.
 */
export function matchedBoxes(
  anchorsXyxy: tf.Tensor2D,
  boxesXyxy: tf.Tensor2D,
  matches: tf.Tensor1D,
): tf.Tensor2D {
  const boxCount = boxesXyxy.shape[0]
  if (boxCount === 0) return anchorsXyxy
  const none = tf.scalar(0, 'int32')
  const hasBox = tf.greaterEqual(matches, none) // [a]
  const rows = tf.maximum(matches, none)
  const anchorSides = tf.split(anchorsXyxy, 4, 1) // [a, 1] each
  const sides = tf.split(boxesXyxy, 4, 1).map((side, i) => {
    const ofMatch = tf.gather(tf.reshape(side, [boxCount]), rows) // [a]
    return tf.where(hasBox, ofMatch, tf.reshape(anchorSides[i], [-1]))
  })
  return tf.transpose(tf.stack(sides)) as tf.Tensor2D
}
