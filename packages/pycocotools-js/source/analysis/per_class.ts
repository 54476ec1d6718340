import type { COCO } from '../coco.js'
import type { COCOeval } from '../coco_eval.js'
import { CocoError } from '../errors.js'
import type { Accumulated } from '../evaluate/accumulate.js'
import { statNames, summarizeDetections } from '../evaluate/summarize.js'
import type { Id, NdArray } from '../types.js'
import { classNames } from './comparison.js'

/**
 * One class: the numbers of `summarize()`, of this class alone, in their order; -1 where there is
 * nothing to measure.
 */
export interface PerClassRow {
  id: Id
  name: string
  AP: number
  AP50: number
  AP75: number
  /** Keypoints have no small ones. */
  APs?: number
  APm: number
  APl: number
  /** The next three are of boxes and masks. */
  AR1?: number
  AR10?: number
  AR100?: number
  /** The next three are of keypoints. */
  AR?: number
  AR50?: number
  AR75?: number
  ARs?: number
  ARm: number
  ARl: number
  /** Those that count, of any area: no crowds, and of keypoints none without any. */
  groundTruths: number
  /** Detections of any area and score, those past `maxDets` included. */
  detections: number
}

/**
 * The table of classes, in the order of `params.catIds`. Plain data.
 *
 * A number is the mean that `summarize()` takes, over this class only and under the same rules for
 * `params`. So the mean of a column, over classes that are not -1 there, is that number of `stats`.
 *
 * @param evaluation after `accumulate()`.
 */
export function perClassTable(evaluation: COCOeval): PerClassRow[] {
  const { cocoGt, cocoDt, eval: accumulated } = evaluation
  if (!accumulated)
    throw new CocoError('perClassTable', 'nothing is accumulated yet', 'call accumulate() first')
  const { params, counts } = accumulated
  const classes = classNames(cocoGt, params, 'perClassTable')
  if (counts[2] !== classes.length)
    throw new CocoError(
      'perClassTable',
      `params.catIds has ${classes.length} entries, but accumulate() used ${counts[2]}`,
      'accumulate again with these params',
    )
  const images = new Set(params.imgIds)
  const names = statNames(params.iouType)
  const isEmpty = (row: number) =>
    params.iouType === 'keypoints' && cocoGt.rows.numKeypoints(row) === 0
  const groundTruths = countByClass(
    cocoGt,
    images,
    (row) => cocoGt.rows.iscrowd(row) === 0 && !isEmpty(row),
  )
  const detections = countByClass(cocoDt, images)
  return classes.map(({ id, name }, k) => {
    const { stats } = summarizeDetections(ofClass(accumulated, k), params)
    return {
      ...{ id, name },
      ...Object.fromEntries(names.map((stat, i) => [stat, stats[i]])),
      groundTruths: groundTruths.get(id) ?? 0,
      detections: detections.get(id) ?? 0,
    } as PerClassRow
  })
}

/** Precision, recall and scores of one class, as if it were the only one. */
function ofClass({ params, counts, date, ...arrays }: Accumulated, k: number): Accumulated {
  const [T, R, K, A, M] = counts
  const slice = ({ data, shape }: NdArray): NdArray => {
    const block = A * M
    const rows = data.length / (K * block)
    const part = new Float64Array(rows * block)
    for (let row = 0; row < rows; row++)
      part.set(data.subarray((row * K + k) * block, (row * K + k + 1) * block), row * block)
    return {
      data: part,
      shape: shape.map((length, axis) => (axis === shape.length - 3 ? 1 : length)),
    }
  }
  const { precision, recall, scores } = arrays
  return {
    ...{ params, counts: [T, R, 1, A, M], date },
    precision: slice(precision),
    recall: slice(recall),
    scores: slice(scores),
  }
}

/** The number of rows of each category in these images. */
function countByClass(
  { rows }: COCO,
  images: ReadonlySet<Id>,
  isCounted: (row: number) => boolean = () => true,
): Map<Id | undefined, number> {
  const counts = new Map<Id | undefined, number>()
  for (let row = 0; row < rows.length; row++) {
    if (!images.has(rows.imageId(row)) || !isCounted(row)) continue
    const categoryId = rows.categoryId(row)
    counts.set(categoryId, (counts.get(categoryId) ?? 0) + 1)
  }
  return counts
}
