import * as tf from '../tf/tf.js'
import { clipBoxes, decodeBoxes } from './box_coder.js'
import { detach } from './detach.js'
import { multiclassNms } from './nms/nms.js'

/** Stands for the logit of an anchor that is not to be proposed. */
const NO_LOGIT = -1e9

/** The smallest normal float32: what a score below it counts as, so that only padding has 0. */
const LOWEST_SCORE = 2 ** -126

/** What is known of the `l` anchors of one level, in `n` images. */
export interface ProposalLevel {
  /** `[n, l]`, of there being an object. */
  logits: tf.Tensor2D
  /** `[n, l, 4]`, as `encodeBoxes` makes them, not normalised. */
  deltas: tf.Tensor3D
  /** `[l, 4]`, input pixels. */
  anchorsXyxy: tf.Tensor2D
  /** `[n, l]` bool; the others are not proposed. */
  valid: tf.Tensor2D
}

export interface ProposalOptions {
  /** Anchors of each level that are decoded, best first. */
  nmsPre: number
  /** Highest IoU of two proposals of one level. */
  iouThr: number
  /** Proposals of an image, over all levels. */
  maxPerImage: number
}

/** Where objects may be: `k` places an image, by descending score. */
export type Proposals = {
  /** `[n, k, 4]`, input pixels, inside the image, perhaps empty; 0 where padded. */
  boxesXyxy: tf.Tensor3D
  /** `[n, k]`, in (0, 1]; 0 where padded, and only there. */
  scores: tf.Tensor2D
}

/**
 * The places most likely to hold an object: the best anchors of each level, decoded, clipped, and
 * thinned out level by level; then the best of all levels.
 *
 * Source: Faster R-CNN, arXiv:1506.01497; as `RPNHead` of mmdetection 2.11, whose smallest box size
 * of 0 drops nothing. However low, a score is no reason not to be proposed. Equal scores go by
 * level, those of one level by logit.
 *
 * @param imageSizes `[n, 2]`, height and width without padding: boxes are clipped to them.
 * @returns `maxPerImage` rows an image, padded. No gradient flows back through them.
 */
export function selectProposals(
  levels: ProposalLevel[],
  imageSizes: tf.Tensor2D,
  { nmsPre, iouThr, maxPerImage }: ProposalOptions,
): Proposals {
  const best = levels.map((level) => bestCandidates(level, nmsPre))

  // From here on, b candidates of all levels.
  const joined = (part: keyof Candidates) =>
    tf.concat(
      best.map((level) => level[part]),
      1,
    )
  const [logits, deltas] = [joined('logits'), joined('deltas')] // [n, b], [n, b, 4]
  const anchors = tf.reshape(joined('anchors'), [-1, 4]) as tf.Tensor2D // [n b, 4]
  const decoded = decodeBoxes(tf.reshape(deltas, [-1, 4]), anchors)
  const boxes = clipBoxes(tf.reshape(decoded, [imageSizes.shape[0], -1, 4]), imageSizes)

  // Levels are to suppression what classes are: a candidate has a score in its own level only.
  const scores = tf.mul(tf.expandDims(scoresOf(logits), 1), levelMask(best)) // [n, levels, b]
  const kept = multiclassNms(boxes, scores as tf.Tensor3D, { scoreThr: 0, iouThr, maxPerImage })
  return { boxesXyxy: detach(kept.boxesXyxy), scores: detach(kept.scores) }
}

interface Candidates {
  /** `[n, b]`, `NO_LOGIT` for an anchor that is not valid. */
  logits: tf.Tensor
  /** `[n, b, 4]`. */
  deltas: tf.Tensor
  /** `[n, b, 4]`. */
  anchors: tf.Tensor
}

/**
 * The `limit` anchors of a level with the highest logits, best first, or all as they are if there
 * are fewer.
 */
function bestCandidates(
  { logits: ofAll, deltas, anchorsXyxy, valid }: ProposalLevel,
  limit: number,
): Candidates {
  const [imageCount, anchorCount] = valid.shape
  const logits = tf.where(valid, ofAll, tf.fill([1, 1], NO_LOGIT)) // [n, l]
  if (anchorCount <= limit) {
    const anchors = tf.tile(tf.expandDims(anchorsXyxy, 0), [imageCount, 1, 1])
    return { logits, deltas, anchors }
  }
  const { values, indices } = tf.topk(logits, limit) // each [n, limit]
  return {
    logits: values,
    deltas: tf.gather(deltas, indices, 1, 1),
    anchors: tf.gather(anchorsXyxy, indices),
  }
}

/**
 * Probabilities; 0 for `NO_LOGIT` alone. Not `tf.sigmoid`, which ONNX Runtime rounds to 6e-8, so
 * that many of an empty image's candidates would tie, or be lost.
 */
function scoresOf(logits: tf.Tensor): tf.Tensor {
  const scores = tf.maximum(tf.exp(tf.logSigmoid(logits)), LOWEST_SCORE)
  return tf.where(tf.greater(logits, NO_LOGIT), scores, tf.scalar(0))
}

/** 1 where a candidate is of a level, 0 elsewhere: `[1, levels, b]`. */
function levelMask(levels: Candidates[]): tf.Tensor {
  const counts = levels.map((level) => level.logits.shape[1] as number)
  const levelOf = counts.flatMap((count, level) => Array<number>(count).fill(level))
  const mask = counts.flatMap((_, level) => levelOf.map((own) => (own === level ? 1 : 0)))
  return tf.tensor3d(mask, [1, counts.length, levelOf.length])
}
