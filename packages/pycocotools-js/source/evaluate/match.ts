import type { Columns } from './columns.js'

/** A limit of 1 is lowered to this, so that an IoU rounded below 1 still matches. */
const LARGEST_LIMIT = 1 - 1e-10

/** What depends on the area range, of all cells: `[G]` and `[D]`. */
export interface AreaColumns {
  /** 1 for what `columns.gtIgnored` says, and where the area is outside the range. */
  gtIgnored: Uint8Array
  /** 1 where the area is outside the range. */
  dtOutside: Uint8Array
}

/**
 * One cell under one area range: `d` detections by falling score, `g` ground truths in file order.
 */
export interface MatchOptions {
  /** Where the annotations of the cell stand in the columns. */
  range: { firstGt: number; g: number; firstDt: number; d: number }
  /** `[d, g]`, of this cell; may be longer. */
  ious: Float64Array
  /**
   * Columns of all cells. A match to ground truth id 0 counts as none, and only a positive
   * detection id keeps its ground truth from being matched again (pycocotools).
   */
  columns: Pick<Columns, 'gtIds' | 'gtCrowd' | 'dtIds'>
  area: AreaColumns
  /** `[t]`. */
  iouThrs: readonly number[]
}

/**
 * The matches of one cell. Ground truths are those of `gtOrder`, detections in their own order. The
 * arrays may be longer, so that all cells share them.
 */
export interface Matches {
  /** `[g]`, positions in the cell: those that count first, ignored ones last. */
  gtOrder: Int32Array
  /** `[t, d]`, id of the ground truth matched, or 0. */
  dtMatches: Float64Array
  /** `[t, g]`, id of the detection matched last, or 0. */
  gtMatches: Float64Array
  /** `[t, d]`, 1 where the detection counts neither as true nor as false. */
  dtIgnored: Uint8Array
}

/**
 * Gives each detection, best score first, the ground truth it overlaps most, at each threshold.
 *
 * A ground truth is given once, a crowd any number of times. One that counts is preferred to an
 * ignored one whatever the IoU; on equal IoU the later one wins. A detection takes over "ignored"
 * from its ground truth, and without one is ignored if its area is outside the range.
 *
 * Source: `COCOeval.evaluateImg` of pycocotools 2.0.11.
 *
 * @param matches is written.
 */
export function matchDetections(
  { range, ious, columns, area, iouThrs }: MatchOptions,
  matches: Matches,
): void {
  const { firstGt, g, firstDt, d } = range
  const { gtIds, gtCrowd, dtIds } = columns
  const { gtIgnored, dtOutside } = area
  const { gtOrder, dtMatches, gtMatches, dtIgnored } = matches
  writeCountedFirst(gtIgnored, firstGt, g, gtOrder)
  dtMatches.fill(0, 0, iouThrs.length * d)
  gtMatches.fill(0, 0, iouThrs.length * g)
  for (let t = 0; t < iouThrs.length; t++)
    for (let i = 0; i < d; i++) dtIgnored[t * d + i] = dtOutside[firstDt + i]

  for (let i = 0; i < d; i++) {
    const largestIou = largestOf(ious, i * g, (i + 1) * g)
    for (let t = 0; t < iouThrs.length; t++) {
      let bestIou = Math.min(iouThrs[t], LARGEST_LIMIT)
      if (largestIou < bestIou) continue
      let best = -1 // place in gtOrder
      let isBestIgnored = 0
      for (let place = 0; place < g; place++) {
        const j = gtOrder[place]
        if (gtMatches[t * g + place] > 0 && !gtCrowd[firstGt + j]) continue
        if (best >= 0 && !isBestIgnored && gtIgnored[firstGt + j]) break
        if (ious[i * g + j] < bestIou) continue
        bestIou = ious[i * g + j]
        best = place
        isBestIgnored = gtIgnored[firstGt + j]
      }
      if (best < 0) continue
      const id = gtIds[firstGt + gtOrder[best]]
      dtMatches[t * d + i] = id
      gtMatches[t * g + best] = dtIds[firstDt + i]
      dtIgnored[t * d + i] = isBestIgnored || (id === 0 && dtOutside[firstDt + i]) ? 1 : 0
    }
  }
}

/** Positions of the zeros, then of the ones; each in order. */
function writeCountedFirst(
  ignored: Uint8Array,
  first: number,
  count: number,
  order: Int32Array,
): void {
  let place = 0
  for (let j = 0; j < count; j++) if (!ignored[first + j]) order[place++] = j
  for (let j = 0; j < count; j++) if (ignored[first + j]) order[place++] = j
}

/** NaN if there is one: it is not below any threshold. */
function largestOf(values: Float64Array, from: number, to: number): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = from; i < to; i++) largest = Math.max(largest, values[i])
  return largest
}
