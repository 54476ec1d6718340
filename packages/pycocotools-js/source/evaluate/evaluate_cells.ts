import type { Cells } from './cells.js'
import type { Columns, Side } from './columns.js'
import { type Matches, matchDetections } from './match.js'
import type { Params } from './params.js'
import type { Similarity } from './similarity.js'

/** What became of a detection at one threshold and area range. */
export const IGNORED = 0
export const TRUE_POSITIVE = 1
export const FALSE_POSITIVE = 2

/** Every match, as columns: `A` area ranges, `T` thresholds, `G` ground truths and `D` detections. */
export interface Evaluation {
  /** As they were when `evaluate()` ran. */
  params: Params
  cells: Cells
  columns: Columns
  gt: Side
  dt: Side
  /** `[A][G]`, 1 for crowds and where the area is outside the range. */
  gtIgnored: Uint8Array[]
  /** `[A][T, D]`: IGNORED, TRUE_POSITIVE or FALSE_POSITIVE. */
  outcomes: Uint8Array[]
  /** Matches one cell again under area range `a`: to keep all ids would take ten times the memory. */
  matchCell: (cell: number, a: number) => Matches
}

/** Matches the detections of every cell, under every area range and at every threshold. */
export function evaluateCells(
  cells: Cells,
  columns: Columns,
  similarity: Similarity,
  params: Params,
  gt: Side,
  dt: Side,
): Evaluation {
  const { gtStart, dtStart } = cells
  const { gtIds, dtIds, gtCrowd, gtAreas, dtAreas } = columns
  const { areaRng, iouThrs } = params

  const gtIgnored = areaRng.map((range) => {
    const ignored = outsideOf(gtAreas, range)
    for (let j = 0; j < ignored.length; j++) if (gtCrowd[j]) ignored[j] = 1
    return ignored
  })
  const dtOutside = areaRng.map((range) => outsideOf(dtAreas, range))
  const ious = new Float64Array(largestCell(cells))

  const matchCell = (cell: number, a: number): Matches => {
    const [firstGt, endGt] = [gtStart[cell], gtStart[cell + 1]]
    const [firstDt, endDt] = [dtStart[cell], dtStart[cell + 1]]
    similarity(cell, ious)
    return matchDetections({
      ious,
      dtOutside: dtOutside[a].subarray(firstDt, endDt),
      dtIds: dtIds.subarray(firstDt, endDt),
      gtIds: gtIds.subarray(firstGt, endGt),
      gtCrowd: gtCrowd.subarray(firstGt, endGt),
      gtIgnored: gtIgnored[a].subarray(firstGt, endGt),
      iouThrs,
    })
  }

  const outcomes = areaRng.map((_, a) => {
    // What holds for all detections of a cell without ground truth, which most cells are.
    const unmatched = dtOutside[a].map((outside) => (outside ? IGNORED : FALSE_POSITIVE))
    const outcome = new Uint8Array(iouThrs.length * dtIds.length) // [T, D]
    for (let t = 0; t < iouThrs.length; t++) outcome.set(unmatched, t * dtIds.length)
    for (let cell = 0; cell < cells.image.length; cell++) {
      if (gtStart[cell] === gtStart[cell + 1] || dtStart[cell] === dtStart[cell + 1]) continue
      writeOutcome(matchCell(cell, a), outcome, dtStart[cell], dtIds.length, iouThrs.length)
    }
    return outcome
  })
  return { params, cells, columns, gt, dt, gtIgnored, outcomes, matchCell }
}

/** 1 where the area is outside the range, whose ends are inside. */
function outsideOf(areas: Float64Array, [low, high]: [number, number]): Uint8Array {
  const outside = new Uint8Array(areas.length)
  for (let i = 0; i < areas.length; i++) if (areas[i] < low || areas[i] > high) outside[i] = 1
  return outside
}

/** @param outcome `[thresholds, detections]`; columns from `first` on are written. */
function writeOutcome(
  { dtMatches, dtIgnored }: Matches,
  outcome: Uint8Array,
  first: number,
  detections: number,
  thresholds: number,
): void {
  const d = dtMatches.length / thresholds
  for (let t = 0; t < thresholds; t++) {
    for (let i = 0; i < d; i++) {
      const isMatched = dtMatches[t * d + i] !== 0
      const counted = isMatched ? TRUE_POSITIVE : FALSE_POSITIVE
      outcome[t * detections + first + i] = dtIgnored[t * d + i] ? IGNORED : counted
    }
  }
}

/** The largest number of pairs of a detection and a ground truth in one cell. */
function largestCell({ gtStart, dtStart, image }: Cells): number {
  let largest = 0
  for (let cell = 0; cell < image.length; cell++) {
    const g = gtStart[cell + 1] - gtStart[cell]
    const d = dtStart[cell + 1] - dtStart[cell]
    largest = Math.max(largest, g * d)
  }
  return largest
}
