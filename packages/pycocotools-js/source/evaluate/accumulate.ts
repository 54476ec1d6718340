import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
import type { Id, NdArray } from '../types.js'
import { warnOnce } from '../warn_once.js'
import type { Cells } from './cells.js'
import type { Evaluation } from './evaluate_cells.js'
import type { Params } from './params.js'
import { type CurvePoints, precisionRecall } from './precision_recall.js'

/** Precision and recall; -1 wherever a category has no ground truth that counts. */
export interface Accumulated {
  params: Params
  /** `[T, R, K, A, M]`, the sizes below. */
  counts: [number, number, number, number, number]
  /** Local time, `YYYY-MM-DD HH:MM:SS`. */
  date: string
  /**
   * `[T, R, K, A, M]`, highest precision at a recall of at least `recThrs[r]`; 0 if that is never
   * reached.
   */
  precision: NdArray
  /** `[T, K, A, M]`, highest recall. */
  recall: NdArray
  /** `[T, R, K, A, M]`, score at which that recall is reached; 0 if it is never reached. */
  scores: NdArray
}

/**
 * Joins the matches of all images into precision and recall.
 *
 * Source: `COCOeval.accumulate` of pycocotools 2.0.11. With other parameters than `evaluate()` had,
 * places of known entries in the *new* lists are taken as places in the old ones, as there.
 */
export function accumulateMatches(evaluation: Evaluation, params: Params): Accumulated {
  const { params: old, cells, columns, outcomes } = evaluation
  const categories = knownPlaces(params.catIds, old.useCats ? old.catIds : [-1], 'catIds')
  const areas = knownPlaces(params.areaRng.map(String), old.areaRng.map(String), 'areaRng')
  const images = new Set(knownPlaces(params.imgIds, old.imgIds, 'imgIds'))
  const maxDets = params.maxDets.filter((maxDet) => old.maxDets.includes(maxDet))

  const T = params.iouThrs.length
  const R = params.recThrs.length
  const K = params.useCats ? params.catIds.length : 1
  const A = params.areaRng.length
  const M = params.maxDets.length
  if (T < old.iouThrs.length)
    throw new CocoError(
      'accumulate',
      `params.iouThrs has ${T} thresholds, but evaluate() used ${old.iouThrs.length}`,
      'evaluate again',
    )
  const precision = filledArray([T, R, K, A, M])
  const recall = filledArray([T, K, A, M])
  const scores = filledArray([T, R, K, A, M])

  const points = curvePoints(cells, old.iouThrs.length)
  for (const [k, oldK] of categories.entries()) {
    const included = includedCells(evaluation, oldK, images)
    if (included.length === 0) continue
    const byScore = detectionsByScore(evaluation, oldK, images)
    const kept = maxDets.map((maxDet) => withRankBelow(maxDet, byScore, cells.rank))

    for (const [a, oldA] of areas.entries()) {
      const positives = countPositives(evaluation, included, oldA)
      if (positives === 0) continue
      for (const [m, order] of kept.entries()) {
        const curves = precisionRecall(
          {
            outcomes: outcomes[oldA],
            thresholds: old.iouThrs.length,
            order,
            positives,
            recThrs: params.recThrs,
          },
          points,
        )
        for (let t = 0; t < old.iouThrs.length; t++) {
          recall.data[((t * K + k) * A + a) * M + m] = curves.recall[t]
          for (let r = 0; r < R; r++) {
            const place = (((t * R + r) * K + k) * A + a) * M + m
            const dt = curves.reachedBy[t * R + r]
            precision.data[place] = curves.precision[t * R + r]
            scores.data[place] = dt < 0 ? 0 : columns.dtScores[dt]
          }
        }
      }
    }
  }
  return { params, counts: [T, R, K, A, M], date: localTime(), precision, recall, scores }
}

/** The places of entries of `list` that `evaluate()` knew. */
function knownPlaces(list: readonly Id[], evaluated: readonly Id[], field: string): number[] {
  const known = new Set(evaluated)
  const places = [...list.keys()].filter((place) => known.has(list[place]))
  for (const place of places) {
    if (list[place] === evaluated[place]) continue
    if (place >= evaluated.length)
      throw new CocoError(
        'accumulate',
        `params.${field}[${place}] is past the ${evaluated.length} that evaluate() used`,
        'evaluate again',
      )
    warnOnce(
      'other parameters',
      `accumulate(p): p.${field}[${place}] is ${showId(list[place])}, but the matches taken for it are those of ` +
        `${showId(evaluated[place])}, which had this place in evaluate(), as in pycocotools; evaluate again instead`,
    )
  }
  return places
}

function filledArray(shape: number[]): NdArray {
  const size = shape.reduce((product, length) => product * length, 1)
  return { data: new Float64Array(size).fill(-1), shape }
}

/** The cells of category `k`, in order of image. */
function includedCells({ cells }: Evaluation, k: number, images: Set<number>): number[] {
  const included: number[] = []
  for (let cell = cells.categoryStart[k]; cell < cells.categoryStart[k + 1]; cell++)
    if (images.has(cells.image[cell])) included.push(cell)
  return included
}

/**
 * Detections of category `k` in these images, by falling score; equal scores in order of image,
 * then file.
 */
function detectionsByScore(
  { cells, params }: Evaluation,
  k: number,
  images: Set<number>,
): Int32Array {
  const { categoryStart, dtStart } = cells
  const first = dtStart[categoryStart[k]]
  const all = cells.byScore.subarray(first, dtStart[categoryStart[k + 1]])
  if (images.size === params.imgIds.length) return all
  const isIncluded = new Uint8Array(all.length)
  for (let cell = categoryStart[k]; cell < categoryStart[k + 1]; cell++)
    if (images.has(cells.image[cell]))
      isIncluded.fill(1, dtStart[cell] - first, dtStart[cell + 1] - first)
  return all.filter((dt) => isIncluded[dt - first] === 1)
}

/** The detections that are among the first `maxDet` of their cell. */
function withRankBelow(maxDet: number, detections: Int32Array, rank: Int32Array): Int32Array {
  const kept = new Int32Array(detections.length)
  let n = 0
  for (let i = 0; i < detections.length; i++)
    if (rank[detections[i]] < maxDet) kept[n++] = detections[i]
  return kept.subarray(0, n)
}

/** Room for the points of the longest curve. */
function curvePoints({ categoryStart, dtStart }: Cells, thresholds: number): CurvePoints {
  let longest = 0
  for (let k = 0; k + 1 < categoryStart.length; k++)
    longest = Math.max(longest, dtStart[categoryStart[k + 1]] - dtStart[categoryStart[k]])
  return {
    precisions: new Float64Array(thresholds * longest),
    detections: new Int32Array(thresholds * longest),
  }
}

/** The number of ground truths that are not ignored under area range `a`. */
function countPositives({ cells, areas }: Evaluation, included: number[], a: number): number {
  const { gtIgnored } = areas[a]
  let positives = 0
  for (const cell of included)
    for (let gt = cells.gtStart[cell]; gt < cells.gtStart[cell + 1]; gt++)
      if (!gtIgnored[gt]) positives++
  return positives
}

function localTime(): string {
  const now = new Date()
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace('T', ' ')
}
