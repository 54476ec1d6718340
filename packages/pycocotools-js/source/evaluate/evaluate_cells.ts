import type { Id, NdArray } from '../types.js'
import type { Cells } from './cells.js'
import type { Columns } from './columns.js'
import type { Side, Similarity } from './groups.js'
import { type AreaColumns, type Matches, matchDetections } from './match.js'
import type { Params } from './params.js'

/** What became of a detection at one threshold and area range. */
export const IGNORED = 0
export const TRUE_POSITIVE = 1
export const FALSE_POSITIVE = 2

/**
 * Every match, as columns: `A` area ranges, `T` thresholds, `G` ground truths and `D` detections.
 */
export interface Evaluation {
  /** Params as they were when `evaluate()` ran. */
  params: Params
  cells: Cells
  columns: Columns
  gt: Side
  dt: Side
  similarity: Similarity
  /** `[A]`. */
  areas: AreaColumns[]
  /**
   * `[A][D, T]`: IGNORED, TRUE_POSITIVE or FALSE_POSITIVE. Ids are not kept: they would take ten
   * times the memory.
   */
  outcomes: Uint8Array[]
}

export type EvaluationInputs = Omit<Evaluation, 'areas' | 'outcomes'>

/** Matches the detections of every cell, under every area range and at every threshold. */
export function evaluateCells(inputs: EvaluationInputs): Evaluation {
  const { cells, columns, params } = inputs
  const { gtStart, dtStart } = cells
  const { areaRng, iouThrs } = params
  const T = iouThrs.length

  const areas = areaRng.map((range) => ({
    gtIgnored: outsideOf(columns.gtAreas, range).map(
      (outside, j) => outside | columns.gtIgnored[j],
    ),
    dtOutside: outsideOf(columns.dtAreas, range),
  }))
  const outcomes = areas.map(({ dtOutside }) => unmatchedOutcomes(dtOutside, T))
  const evaluation = { ...inputs, areas, outcomes }

  // Most cells have no ground truth, so that nothing in them is matched.
  const hasBoth = (cell: number) =>
    gtStart[cell] < gtStart[cell + 1] && dtStart[cell] < dtStart[cell + 1]
  visitMatches(evaluation, hasBoth, (cell, a, { dtMatches, dtIgnored }) => {
    const first = dtStart[cell]
    const d = dtStart[cell + 1] - first
    const outcome = outcomes[a]
    for (let i = 0; i < d; i++) {
      for (let t = 0; t < T; t++) {
        const counted = dtMatches[t * d + i] !== 0 ? TRUE_POSITIVE : FALSE_POSITIVE
        outcome[(first + i) * T + t] = dtIgnored[t * d + i] ? IGNORED : counted
      }
    }
  })
  return evaluation
}

/**
 * Matches the cells that are wanted, each under every area range.
 *
 * @param visit is given the matches, which the next cell overwrites.
 */
export function visitMatches(
  evaluation: Evaluation,
  isWanted: (cell: number) => boolean,
  visit: (cell: number, a: number, matches: Matches) => void,
): void {
  const { params, cells, columns, similarity, areas } = evaluation
  const { gtStart, dtStart, image } = cells
  const { iouThrs } = params
  const largest = largestCell(cells)
  const ious = new Float64Array(largest.pairs)
  const matches: Matches = {
    gtOrder: new Int32Array(largest.g),
    dtMatches: new Float64Array(iouThrs.length * largest.d),
    gtMatches: new Float64Array(iouThrs.length * largest.g),
    dtIgnored: new Uint8Array(iouThrs.length * largest.d),
  }
  for (let cell = 0; cell < image.length; cell++) {
    if (!isWanted(cell)) continue
    const firstGt = gtStart[cell]
    const firstDt = dtStart[cell]
    const g = gtStart[cell + 1] - firstGt
    const d = dtStart[cell + 1] - firstDt
    if (g > 0 && d > 0) similarity(cell, ious)
    const range = { firstGt, g, firstDt, d }
    for (let a = 0; a < areas.length; a++) {
      matchDetections({ range, ious, columns, area: areas[a], iouThrs }, matches)
      visit(cell, a, matches)
    }
  }
}

/** `[d, g]` similarities of one image and category; empty where it has no cell. */
export function cellSimilarities(
  { params, cells, similarity }: Evaluation,
  imgId: Id,
  catId: Id,
): NdArray {
  const k = (params.useCats ? params.catIds : [-1]).indexOf(catId)
  const end = k < 0 ? 0 : cells.categoryStart[k + 1]
  let cell = k < 0 ? 0 : cells.categoryStart[k]
  while (cell < end && params.imgIds[cells.image[cell]] !== imgId) cell++
  const d = cell < end ? cells.dtStart[cell + 1] - cells.dtStart[cell] : 0
  const g = cell < end ? cells.gtStart[cell + 1] - cells.gtStart[cell] : 0
  const similarities = { data: new Float64Array(d * g), shape: [d, g] }
  if (d * g > 0) similarity(cell, similarities.data)
  return similarities
}

/** 1 where the area is outside the range, whose ends are inside. */
function outsideOf(areas: Float64Array, [low, high]: [number, number]): Uint8Array {
  const outside = new Uint8Array(areas.length)
  for (let i = 0; i < areas.length; i++) if (areas[i] < low || areas[i] > high) outside[i] = 1
  return outside
}

/**
 * `[D, T]`, as if nothing were matched. Written in long stretches, since there are millions of
 * entries.
 */
function unmatchedOutcomes(outside: Uint8Array, T: number): Uint8Array {
  const outcome = new Uint8Array(outside.length * T).fill(IGNORED)
  let end = 0
  for (let first = 0; first < outside.length; first = end) {
    while (end < outside.length && outside[end] === outside[first]) end++
    if (!outside[first]) outcome.fill(FALSE_POSITIVE, first * T, end * T)
  }
  return outcome
}

/** The largest numbers of detections, ground truths and pairs of both in one cell. */
function largestCell({ gtStart, dtStart, image }: Cells): { d: number; g: number; pairs: number } {
  const largest = { d: 0, g: 0, pairs: 0 }
  for (let cell = 0; cell < image.length; cell++) {
    const g = gtStart[cell + 1] - gtStart[cell]
    const d = dtStart[cell + 1] - dtStart[cell]
    largest.g = Math.max(largest.g, g)
    largest.d = Math.max(largest.d, d)
    largest.pairs = Math.max(largest.pairs, g * d)
  }
  return largest
}
