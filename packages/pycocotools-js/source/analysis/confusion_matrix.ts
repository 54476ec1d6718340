import { CocoError } from '../errors.js'
import { type Comparison, checkIouThr, placesOf } from './comparison.js'
import { imagePairs } from './image_pairs.js'
import { IN_CROWD, matchGreedily } from './match_greedily.js'

export interface ConfusionMatrixOptions {
  /** From this IoU on, a detection can be of a ground truth. @default 0.5 */
  iouThr?: number
  /** Detections of lower score are left out. @default 0.3 */
  scoreThr?: number
}

/** Plain data. `K` classes in the order of `params.catIds`, and after them the background. */
export interface ConfusionMatrix {
  iouThr: number
  scoreThr: number
  /** `[K]`. */
  ids: (number | string)[]
  /** `[K + 1]`, the last is `background`. */
  names: string[]
  /**
   * `[K + 1, K + 1]`: a row for the class of the ground truth, a column for that of the detection.
   * The last row has detections of nothing, the last column ground truths that were not found.
   */
  counts: number[][]
  /** `[K + 1, K + 1]`, each row divided by its sum; 0 in a row without counts. */
  normalized: number[][]
  /** Detections that lie in a crowd: they stand nowhere in the matrix. */
  ignored: number
}

/**
 * Which class is taken for which.
 *
 * In each image, detections of at least `scoreThr` choose a ground truth one by one, surest first,
 * whatever its class: the free one they overlap most, if by `iouThr` or more. On equal IoU the
 * later ground truth wins. A detection without one that overlaps a crowd of any class by `iouThr`
 * is ignored. So each ground truth but crowds counts once in its row, and each detection but
 * ignored ones once in its column.
 *
 * Source: the matching is that of pycocotools with `useCats = 0`; the layout and defaults are those
 * of `tools/analysis_tools/confusion_matrix.py` of mmdetection, which however counts every pair
 * above `iouThr`. ultralytics has rows and columns the other way round, and gives the pair of
 * largest IoU away first.
 *
 * @param comparison an evaluation, or its two sides and parameters: `imgIds` and `catIds` are read.
 */
export function confusionMatrix(
  comparison: Comparison,
  { iouThr = 0.5, scoreThr = 0.3 }: ConfusionMatrixOptions = {},
): ConfusionMatrix {
  checkIouThr('confusionMatrix', 'iouThr', iouThr)
  if (Number.isNaN(scoreThr))
    throw new CocoError('confusionMatrix', 'scoreThr is NaN', 'give a number')
  const places = placesOf(comparison, 'confusionMatrix')
  const pairs = imagePairs(comparison, 'confusionMatrix', { places, scoreThr })
  const { gtStart, dtStart, gtClass, dtClass, gtCrowd } = pairs
  const background = places.classes.length
  const counts = Array.from({ length: background + 1 }, () =>
    new Array<number>(background + 1).fill(0),
  )
  let ignored = 0
  const ious = new Float64Array(pairs.largest)

  for (let image = 0; image + 1 < gtStart.length; image++) {
    const [firstGt, endGt] = [gtStart[image], gtStart[image + 1]]
    const [firstDt, endDt] = [dtStart[image], dtStart[image + 1]]
    const crowd = gtCrowd.subarray(firstGt, endGt)
    pairs.writeIous(image, ious)
    const [g, d] = [endGt - firstGt, endDt - firstDt]
    const matched = matchGreedily({ d, g, ious, gtCrowd: crowd, iouThr })
    const isFound = new Uint8Array(g)
    for (const [i, j] of matched.entries()) {
      if (j >= 0) isFound[j] = 1
      if (j === IN_CROWD) ignored++
      else counts[j >= 0 ? gtClass[firstGt + j] : background][dtClass[firstDt + i]]++
    }
    for (let j = 0; j < g; j++)
      if (!isFound[j] && !crowd[j]) counts[gtClass[firstGt + j]][background]++
  }
  return {
    iouThr,
    scoreThr,
    ids: places.classes.map(({ id }) => id),
    names: [...places.classes.map(({ name }) => name), 'background'],
    counts,
    normalized: counts.map(shares),
    ignored,
  }
}

/** Counts divided by their sum. */
function shares(row: readonly number[]): number[] {
  const total = row.reduce((sum, count) => sum + count, 0)
  return row.map((count) => (total > 0 ? count / total : 0))
}
