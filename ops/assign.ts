import * as tf from '../tf/tf.js'
import { boxIou } from './box_iou.js'

/** Value in `matches` and `labels`: the anchor is to predict that nothing is there. */
export const BACKGROUND = -1
/** Value in `matches` and `labels`: the anchor is neither object nor background and has no loss. */
export const IGNORED = -2

/** When an anchor is an object's, and when it is background. */
export interface AssignOptions {
  /** An anchor of this IoU or more belongs to the box it overlaps most. */
  posIouThr: number
  /** An anchor whose every IoU is below this is background. */
  negIouThr: number
  /** A box claims its best anchors even below `posIouThr`, if their IoU is at least this. */
  minPosIou: number
}

/** The ground truth of one image, padded to `g` rows. */
export interface AssignTargets {
  /** `[g, 4]`, in the anchors' pixels. */
  boxesXyxy: tf.Tensor2D
  /** `[g]` int32, index into the classes; -1 marks a row of padding, which claims nothing. */
  labels: tf.Tensor1D
}

/** What each of `a` anchors is to predict. */
export interface Assignment {
  /** `[a]` int32: row of the ground-truth box, or `BACKGROUND`, or `IGNORED`. */
  matches: tf.Tensor1D
  /** `[a]` int32: class of that box, or `BACKGROUND`, or `IGNORED`. */
  labels: tf.Tensor1D
}

/**
 * Assigns anchors to ground-truth boxes by IoU.
 *
 * Source: mmdetection 2.x's `MaxIoUAssigner` with low-quality matches. An anchor takes the first of
 * equally good boxes. Each box then claims every anchor whose IoU equals, to the last bit, the best
 * it has anywhere, even from another box; a later box wins over an earlier one. A box that overlaps
 * no anchor at all has a best IoU of 0 and, with `minPosIou` 0, claims all anchors at IoU 0.
 *
 * @param anchorsXyxy `[a, 4]`.
 * @param valid `[a]` bool; an invalid anchor is `IGNORED`, and nobody's best.
 */
export function assignByMaxIou(
  anchorsXyxy: tf.Tensor2D,
  valid: tf.Tensor1D,
  targets: AssignTargets,
  options: AssignOptions,
): Assignment {
  const [boxCount, anchorCount] = [targets.labels.shape[0], anchorsXyxy.shape[0]]
  const background = tf.fill([anchorCount], BACKGROUND, 'int32')
  const ignored = tf.fill([anchorCount], IGNORED, 'int32')
  if (boxCount === 0) {
    const matches = tf.where(valid, background, ignored) as tf.Tensor1D
    return { matches, labels: matches }
  }

  // Padding and invalid anchors become empty boxes at the origin, whose IoU with anything is 0:
  // cheaper than masking the [g, a] table.
  const isBox = tf.greaterEqual(targets.labels, 0) // [g]
  const boxes = tf.mul(targets.boxesXyxy, column(isBox)) as tf.Tensor2D
  const anchors = tf.mul(anchorsXyxy, column(valid)) as tf.Tensor2D
  const iou = boxIou(boxes, anchors) // [g, a]

  const bestOfAnchor = tf.max(iou, 0) // [a]
  const bestBox = tf.argMax(iou, 0) // [a], the first on ties
  let matches: tf.Tensor = tf.where(
    tf.greaterEqual(bestOfAnchor, options.posIouThr),
    bestBox,
    tf.where(tf.less(bestOfAnchor, options.negIouThr), background, ignored),
  )

  const claimant = lastClaimant(iou, isBox, options.minPosIou) // [a]
  matches = tf.where(tf.greaterEqual(claimant, 0), claimant, matches)
  matches = tf.where(valid, matches, ignored)

  const labels = tf.where(
    tf.greaterEqual(matches, 0),
    tf.gather(targets.labels, tf.maximum(matches, tf.scalar(0, 'int32'))),
    matches,
  )
  return { matches: matches as tf.Tensor1D, labels: labels as tf.Tensor1D }
}

/** The last box for which each anchor is as good as any: `[a]` int32, -1 where there is none. */
function lastClaimant(iou: tf.Tensor2D, isBox: tf.Tensor, minPosIou: number): tf.Tensor {
  const boxCount = iou.shape[0]
  const bestOfBox = tf.max(iou, 1) // [g]
  const claims = tf.logicalAnd(isBox, tf.greaterEqual(bestOfBox, minPosIou))
  const bestOrNone = tf.where(claims, bestOfBox, tf.fill([boxCount], 2)) // no IoU is 2
  const isBest = tf.equal(iou, tf.reshape(bestOrNone, [boxCount, 1])) // [g, a]
  const numbers = tf.tensor2d(Array.from({ length: boxCount }, (_, i) => [i + 1])) // [g, 1]
  const last = tf.max(tf.mul(tf.cast(isBest, 'float32'), numbers), 0) // [a]: box number, 0 for none
  return tf.cast(tf.sub(last, 1), 'int32')
}

/** Booleans `[k]` as a column `[k, 1]` of 0 and 1. */
function column(mask: tf.Tensor): tf.Tensor2D {
  return tf.cast(tf.reshape(mask, [-1, 1]), 'float32')
}
