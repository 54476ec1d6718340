import { FALSE_POSITIVE, TRUE_POSITIVE } from './evaluate_cells.js'

/** Keeps 0 / 0 at 0, and makes a perfect precision 0.9999999999999998 (pycocotools). */
const EPSILON = 2 ** -52

export interface PrecisionRecall {
  /** Share of the ground truths found by all detections together; 0 without detections. */
  recall: number
  /** `[R]`, highest precision at a recall of at least the threshold; 0 if it is never reached. */
  precision: Float64Array
  /** `[R]`, the place in `order` where that recall is reached; -1 if never. */
  reachedAt: Int32Array
}

/**
 * Precision at given recalls, of detections taken one by one by falling score.
 *
 * Source: `COCOeval.accumulate` of pycocotools 2.0.11. Thresholds out of order keep its quirk: after the first
 * that is not reached, all are taken as not reached.
 *
 * @param outcomes `[D]`, of every detection. Ignored ones count neither way, but have a place on the curve.
 * @param order `[n]`, positions in `outcomes`, by falling score.
 * @param positives the number of ground truths to be found, at least 1.
 * @param recThrs `[R]`.
 */
export function precisionRecall(
  outcomes: Uint8Array,
  order: Int32Array,
  positives: number,
  recThrs: readonly number[],
): PrecisionRecall {
  const n = order.length
  const recalls = new Float64Array(n)
  const precisions = new Float64Array(n)
  let truePositives = 0
  let falsePositives = 0
  for (let i = 0; i < n; i++) {
    const outcome = outcomes[order[i]]
    if (outcome === TRUE_POSITIVE) truePositives++
    else if (outcome === FALSE_POSITIVE) falsePositives++
    recalls[i] = truePositives / positives
    precisions[i] = truePositives / (falsePositives + truePositives + EPSILON)
  }
  for (let i = n - 1; i > 0; i--)
    if (precisions[i] > precisions[i - 1]) precisions[i - 1] = precisions[i]

  const precision = new Float64Array(recThrs.length)
  const reachedAt = new Int32Array(recThrs.length).fill(-1)
  for (let r = 0; r < recThrs.length; r++) {
    const i = firstAtLeast(recalls, recThrs[r])
    if (i === n) break
    precision[r] = precisions[i]
    reachedAt[r] = i
  }
  return { recall: n > 0 ? recalls[n - 1] : 0, precision, reachedAt }
}

/** The first position of an ascending list whose value is at least `value`; its length if there is none. */
function firstAtLeast(ascending: Float64Array, value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}
