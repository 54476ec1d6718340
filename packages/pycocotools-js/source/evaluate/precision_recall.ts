import { FALSE_POSITIVE, TRUE_POSITIVE } from './evaluate_cells.js'

/** Keeps 0 / 0 at 0, and makes a perfect precision 0.9999999999999998 (pycocotools). */
const EPSILON = 2 ** -52

export interface PrecisionRecallOptions {
  /**
   * `[D, T]`, of every detection. Ignored ones count neither way, but have a place on the curve.
   */
  outcomes: Uint8Array
  /** `T`. */
  thresholds: number
  /** `[n]`, detections by falling score. */
  order: Int32Array
  /** The number of ground truths to be found, at least 1. */
  positives: number
  /** `[R]`. */
  recThrs: readonly number[]
}

export interface PrecisionRecall {
  /** `[T]`, share of the ground truths found by all detections together; 0 without detections. */
  recall: Float64Array
  /**
   * `[T, R]`, highest precision at a recall of at least the threshold; 0 if it is never reached.
   */
  precision: Float64Array
  /** `[T, R]`, the detection with which that recall is reached; -1 if never. */
  reachedBy: Int32Array
}

/**
 * The points of a curve where recall rises: room for `[T, n]` of them, which every curve writes
 * anew.
 */
export interface CurvePoints {
  precisions: Float64Array
  detections: Int32Array
}

/**
 * Precision at given recalls, of detections taken one by one by falling score, at all IoU
 * thresholds together.
 *
 * Recall rises, and precision has its maxima, at true positives only. These are few, so the curve
 * is kept at them.
 *
 * Source: `COCOeval.accumulate` of pycocotools 2.0.11. Recall thresholds out of order keep its
 * quirk: after the first that is not reached, all are taken as not reached.
 *
 * @param points has room for `T * n` points.
 */
export function precisionRecall(
  { outcomes, thresholds: T, order, positives, recThrs }: PrecisionRecallOptions,
  { precisions, detections }: CurvePoints,
): PrecisionRecall {
  const n = order.length
  const R = recThrs.length
  const truePositives = new Int32Array(T)
  const falsePositives = new Int32Array(T)
  for (let i = 0; i < n; i++) {
    const row = order[i] * T
    for (let t = 0; t < T; t++) {
      const outcome = outcomes[row + t]
      if (outcome === FALSE_POSITIVE) falsePositives[t]++
      else if (outcome === TRUE_POSITIVE) {
        const place = t * n + truePositives[t]++
        precisions[place] = truePositives[t] / (falsePositives[t] + truePositives[t] + EPSILON)
        detections[place] = order[i]
      }
    }
  }

  const needed = recThrs.map((recall) => countNeeded(recall, positives, n))
  const recall = new Float64Array(T)
  const precision = new Float64Array(T * R)
  const reachedBy = new Int32Array(T * R).fill(-1)
  for (let t = 0; t < T; t++) {
    const first = t * n
    const found = truePositives[t]
    recall[t] = found / positives
    for (let c = found - 1; c > 0; c--)
      if (precisions[first + c] > precisions[first + c - 1])
        precisions[first + c - 1] = precisions[first + c]
    for (let r = 0; r < R && n > 0 && needed[r] <= found; r++) {
      // A recall of 0 is reached by the first detection, whatever became of it.
      const c = Math.max(needed[r] - 1, 0)
      precision[t * R + r] = found > 0 ? precisions[first + c] : 0
      reachedBy[t * R + r] = needed[r] === 0 ? order[0] : detections[first + c]
    }
  }
  return { recall, precision, reachedBy }
}

/**
 * The smallest number of true positives whose recall is at least `recall`; past `n` if `n` are not
 * enough.
 */
function countNeeded(recall: number, positives: number, n: number): number {
  let low = 0
  let high = n + 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (middle / positives < recall) low = middle + 1
    else high = middle
  }
  return low
}
