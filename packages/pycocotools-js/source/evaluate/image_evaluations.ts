import type { Id } from '../types.js'
import { type Evaluation, visitMatches } from './evaluate_cells.js'

/**
 * The matches in one image, category and area range: `T` thresholds, `D` detections, `G` ground
 * truths.
 */
export interface ImageEvaluation {
  image_id: Id
  /** -1 if `useCats` is 0. */
  category_id: Id
  aRng: [number, number]
  /** Largest number of detections considered. */
  maxDet: number
  /** `[D]`, by falling score. */
  dtIds: Id[]
  /** `[G]`, ignored ones last. */
  gtIds: Id[]
  /** `[T, D]`, id of the ground truth matched, or 0. */
  dtMatches: Float64Array
  /** `[T, G]`, id of the detection matched last, or 0. */
  gtMatches: Float64Array
  /** `[D]`. */
  dtScores: number[]
  /** `[G]`, 0 or 1. */
  gtIgnore: number[]
  /** `[T, D]`, 0 or 1. */
  dtIgnore: Uint8Array
}

/**
 * `[K, A, I]`, flat: pycocotools' `evalImgs`; null where the image has neither ground truth nor
 * detection.
 */
export function imageEvaluations(evaluation: Evaluation): (ImageEvaluation | null)[] {
  const { params, cells, columns, gt, dt, areas } = evaluation
  const { imgIds, areaRng, maxDets, iouThrs } = params
  const catIds = params.useCats ? params.catIds : [-1]
  const list = new Array<ImageEvaluation | null>(
    catIds.length * areaRng.length * imgIds.length,
  ).fill(null)

  const categoryOf = new Int32Array(cells.image.length)
  for (let k = 0; k < catIds.length; k++)
    categoryOf.fill(k, cells.categoryStart[k], cells.categoryStart[k + 1])

  const all = () => true
  visitMatches(evaluation, all, (cell, a, matches) => {
    const firstGt = cells.gtStart[cell]
    const [firstDt, endDt] = [cells.dtStart[cell], cells.dtStart[cell + 1]]
    const g = cells.gtStart[cell + 1] - firstGt
    const d = endDt - firstDt
    const T = iouThrs.length
    const gtOrder = Array.from(matches.gtOrder.subarray(0, g), (j) => firstGt + j)
    const k = categoryOf[cell]
    const i = cells.image[cell]
    list[(k * areaRng.length + a) * imgIds.length + i] = {
      image_id: imgIds[i],
      category_id: catIds[k],
      aRng: areaRng[a],
      maxDet: maxDets[maxDets.length - 1],
      dtIds: Array.from(cells.dtRows.subarray(firstDt, endDt), (row) => dt.rows.id(row)),
      gtIds: gtOrder.map((place) => gt.rows.id(cells.gtRows[place])),
      dtMatches: matches.dtMatches.slice(0, T * d),
      gtMatches: matches.gtMatches.slice(0, T * g),
      dtScores: [...columns.dtScores.subarray(firstDt, endDt)],
      gtIgnore: gtOrder.map((place) => areas[a].gtIgnored[place]),
      dtIgnore: matches.dtIgnored.slice(0, T * d),
    }
  })
  return list
}
