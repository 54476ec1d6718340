import { TRUE_POSITIVE } from '../evaluate/evaluate_cells.js'

/** Makes a perfect precision 0.9999999999999998 (pycocotools). */
const EPSILON = 2 ** -52

/**
 * COCO's AP of one class at one IoU: the mean, over recall thresholds, of the highest precision at
 * that recall or a higher one; 0 for recalls that are never reached.
 *
 * Source: `COCOeval.accumulate` of pycocotools 2.0.11.
 *
 * @param outcomes `[n]`, TRUE_POSITIVE or FALSE_POSITIVE, by falling score.
 * @param positives the number of ground truths to be found, at least 1.
 * @param recThrs ascending.
 */
export function averagePrecision(
  outcomes: Uint8Array,
  positives: number,
  recThrs: readonly number[],
): number {
  // At each true positive, where precision is highest for its recall
  const precisions: number[] = []
  for (let i = 0; i < outcomes.length; i++)
    if (outcomes[i] === TRUE_POSITIVE) {
      const found = precisions.length + 1
      precisions.push(found / (i + 1 + EPSILON))
    }
  for (let i = precisions.length - 1; i > 0; i--)
    precisions[i - 1] = Math.max(precisions[i - 1], precisions[i])

  let sum = 0
  let i = 0
  for (const recThr of recThrs) {
    while (i < precisions.length && (i + 1) / positives < recThr) i++
    if (i < precisions.length) sum += precisions[i]
  }
  return sum / recThrs.length
}
