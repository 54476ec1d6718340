import * as tf from '../tf/tf.js'
import { type AssignOptions, assignByMaxIou, BACKGROUND, IGNORED } from './assign.js'
import type { Proposals } from './proposals.js'
import { type SampleOptions, samplePositivesAndNegatives } from './sample.js'

/** The ground truth of a batch, padded to `g` rows an image, at least one. */
export interface RoiObjects {
  /** `[n, g, 4]`, input pixels. */
  boxesXyxy: tf.Tensor3D
  /** `[n, g]` int32, index into the classes; -1 marks a row of padding. */
  labels: tf.Tensor2D
}

/**
 * The RoIs of each image, positives first, then negatives, then unused rows; and what each is to
 * predict.
 */
export interface RoiTargets {
  /** `[n, r, 4]`, input pixels; 0 in unused rows. */
  roisXyxy: tf.Tensor3D
  /** `[n, r]` int32: class, or `BACKGROUND`, or `IGNORED` for an unused row. */
  labels: tf.Tensor2D
  /** `[n, r]` int32: row of a positive's object; any row for the others. */
  matches: tf.Tensor2D
  /** `[n, r, 4]`, input pixels: box of that object. */
  boxesXyxy: tf.Tensor3D
}

export interface RoiTargetOptions {
  /** When a proposal is an object's, and when it is background. */
  assigner: AssignOptions
  /** How many RoIs there are of an image, `r`, and how many may be positive. */
  sampler: SampleOptions
}

/**
 * The RoIs that are learned from: a random choice among the proposals and the objects themselves.
 *
 * Source: mmdetection 2.x's `MaxIoUAssigner`, and `RandomSampler` with `add_gt_as_proposals`:
 * proposals are assigned to objects; then the objects come in before them, each assigned to itself.
 * Positives and negatives each keep the order of that list.
 *
 * @param noise `[n, g + k]`, in [0, 1), of the objects and then of the proposals: the choice
 *   among them.
 */
export function sampleRois(
  proposals: Proposals,
  objects: RoiObjects,
  noise: tf.Tensor2D,
  { assigner, sampler }: RoiTargetOptions,
): RoiTargets {
  const assigned = assignProposals(proposals, objects, assigner) // [n, k]
  const candidates = tf.concat([objects.boxesXyxy, proposals.boxesXyxy], 1) // [n, g + k, 4]
  const matchOf = tf.concat([ownRows(objects.labels), assigned], 1) as tf.Tensor2D // [n, g + k]
  const { rows, isPositive, isUsed } = pickedRows(matchOf, noise, sampler) // [n, r] each

  const ofRows = <T extends tf.Tensor>(table: T) => tf.gather(table, rows, 1, 1) // [n, r, ...]
  const matches: tf.Tensor2D = tf.maximum(ofRows(matchOf), tf.scalar(0, 'int32')) // [n, r]
  const classes: tf.Tensor = tf.gather(objects.labels, matches, 1, 1)
  const others = tf.where(isUsed, tf.scalar(BACKGROUND, 'int32'), tf.scalar(IGNORED, 'int32'))
  return {
    roisXyxy: tf.mul(ofRows(candidates), tf.expandDims(tf.cast(isUsed, 'float32'), 2)),
    labels: tf.where(isPositive, classes, others) as tf.Tensor2D,
    matches,
    boxesXyxy: tf.gather(objects.boxesXyxy, matches, 1, 1),
  }
}

/**
 * Object of each proposal: `[n, k]` int32 as `assignByMaxIou` returns it, `IGNORED` where padded.
 */
function assignProposals(
  proposals: Proposals,
  objects: RoiObjects,
  options: AssignOptions,
): tf.Tensor {
  const isProposal = tf.unstack(tf.greater(proposals.scores, 0)) as tf.Tensor1D[]
  const boxes = tf.unstack(proposals.boxesXyxy) as tf.Tensor2D[]
  const objectBoxes = tf.unstack(objects.boxesXyxy) as tf.Tensor2D[]
  const labels = tf.unstack(objects.labels) as tf.Tensor1D[]
  const matches = boxes.map((ofImage, image) => {
    const targets = { boxesXyxy: objectBoxes[image], labels: labels[image] }
    return assignByMaxIou(ofImage, isProposal[image], targets, options).matches
  })
  return tf.stack(matches)
}

/** The row of each object itself: `[n, g]` int32, `IGNORED` for padding. */
function ownRows(labels: tf.Tensor2D): tf.Tensor {
  const rows = tf.expandDims(tf.range(0, labels.shape[1], 1, 'int32'), 0) // [1, g]
  const isObject = tf.greaterEqual(labels, tf.scalar(0, 'int32'))
  return tf.where(isObject, rows, tf.scalar(IGNORED, 'int32'))
}

/**
 * The candidates that were drawn: `num` rows, positives, negatives, and unused ones that point
 * anywhere.
 */
function pickedRows(matches: tf.Tensor2D, noise: tf.Tensor2D, options: SampleOptions) {
  const { positives, negatives } = samplePositivesAndNegatives(matches, noise, options)
  const missing = Math.max(0, options.num - matches.shape[1])
  const rank = tf.pad(tf.add(tf.mul(positives, 2), negatives), [
    [0, 0],
    [0, missing],
  ]) // 2, 1 or 0
  const { values, indices } = tf.topk(rank, options.num) // equal ones in their order
  const last = tf.scalar(matches.shape[1] - 1, 'int32')
  return {
    rows: tf.minimum(indices, last),
    isPositive: tf.equal(values, 2),
    isUsed: tf.greater(values, 0),
  }
}
