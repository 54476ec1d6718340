import type { Id } from '../types.js'
import type { Evaluation } from './evaluate_cells.js'

/** The matches in one image, category and area range: `T` thresholds, `D` detections, `G` ground truths. */
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
 * `[K, A, I]`, flat: pycocotools' `evalImgs`; null where the image has neither ground truth nor detection.
 */
export function imageEvaluations(evaluation: Evaluation): (ImageEvaluation | null)[] {
  const { params, cells, columns, gtIgnored, matchCell } = evaluation
  const { imgIds, areaRng, maxDets } = params
  const catIds = params.useCats ? params.catIds : [-1]
  const list = new Array<ImageEvaluation | null>(
    catIds.length * areaRng.length * imgIds.length,
  ).fill(null)

  for (const [k, category_id] of catIds.entries()) {
    for (let cell = cells.categoryStart[k]; cell < cells.categoryStart[k + 1]; cell++) {
      const firstGt = cells.gtStart[cell]
      const [firstDt, endDt] = [cells.dtStart[cell], cells.dtStart[cell + 1]]
      for (const [a, aRng] of areaRng.entries()) {
        const { gtOrder, dtMatches, gtMatches, dtIgnored } = matchCell(cell, a)
        const i = cells.image[cell]
        list[(k * areaRng.length + a) * imgIds.length + i] = {
          image_id: imgIds[i],
          category_id,
          aRng,
          maxDet: maxDets[maxDets.length - 1],
          dtIds: Array.from(cells.dtRows.subarray(firstDt, endDt), (row) =>
            evaluation.dt.rows.id(row),
          ),
          gtIds: Array.from(gtOrder, (j) => evaluation.gt.rows.id(cells.gtRows[firstGt + j])),
          dtMatches,
          gtMatches,
          dtScores: [...columns.dtScores.subarray(firstDt, endDt)],
          gtIgnore: Array.from(gtOrder, (j) => gtIgnored[a][firstGt + j]),
          dtIgnore: dtIgnored,
        }
      }
    }
  }
  return list
}
