import type { AnnotationRows } from '../annotations/annotation_rows.js'
import type { Id } from '../types.js'
import { stableArgsort } from './stable_argsort.js'

/**
 * Annotations grouped into cells: one for each category and image that has a ground truth or a detection.
 * Cells are in order of category, then image; `K` and `I` count categories and images, `C` cells.
 */
export interface Cells {
  /** `[K + 1]`, the first cell of each category; the last entry is `C`. */
  categoryStart: Int32Array
  /** `[C]`, position in `params.imgIds`. */
  image: Int32Array
  /** `[C + 1]`, the first ground truth of each cell. */
  gtStart: Int32Array
  /** `[C + 1]`, the first detection of each cell. */
  dtStart: Int32Array
  /** Rows of the ground truths, cell by cell, in file order. */
  gtRows: Int32Array
  /** Rows of the detections, cell by cell, by falling score, cut to `maxDet` a cell. */
  dtRows: Int32Array
  /** Of each detection, its place in its cell from 0. */
  rank: Int32Array
}

/** Rows to be grouped. Where they are equal otherwise, their order here decides. */
export interface Selection {
  rows: AnnotationRows
  selected: Int32Array
}

export interface CellsOptions {
  groundTruths: Selection
  detections: Selection
  scoreOf: (row: number) => number
  imgIds: readonly Id[]
  /** The categories, or null to take all annotations as one category. */
  catIds: readonly Id[] | null
  maxDet: number
}

/** Groups annotations; those of other images or categories are left out. */
export function groupIntoCells(options: CellsOptions): Cells {
  const { imgIds, catIds, scoreOf, maxDet } = options
  const groundTruths = keysOf(options.groundTruths, imgIds, catIds)
  const detections = keysOf(options.detections, imgIds, catIds)
  const gtKeys = groundTruths.keys
  const gtOrder = stableArgsort(gtKeys)
  const dtKeys = detections.keys
  const byScore = stableArgsort(Float64Array.from(detections.used, (row) => -scoreOf(row)))
  const dtOrder = stableArgsort(dtKeys, byScore)

  const images: number[] = []
  const gtStart = [0]
  const dtStart = [0]
  const categoryStart = new Int32Array((catIds?.length ?? 1) + 1)
  const dtRows = new Int32Array(dtOrder.length)
  const rank = new Int32Array(dtOrder.length)
  let kept = 0
  let g = 0
  let d = 0
  while (g < gtOrder.length || d < dtOrder.length) {
    const nextGt = g < gtOrder.length ? gtKeys[gtOrder[g]] : Number.POSITIVE_INFINITY
    const nextDt = d < dtOrder.length ? dtKeys[dtOrder[d]] : Number.POSITIVE_INFINITY
    const key = Math.min(nextGt, nextDt)
    while (g < gtOrder.length && gtKeys[gtOrder[g]] === key) g++
    for (let r = 0; d < dtOrder.length && dtKeys[dtOrder[d]] === key; r++, d++) {
      if (r >= maxDet) continue
      dtRows[kept] = detections.used[dtOrder[d]]
      rank[kept++] = r
    }
    images.push(key % imgIds.length)
    gtStart.push(g)
    dtStart.push(kept)
    categoryStart[Math.floor(key / imgIds.length) + 1] = images.length
  }
  for (let k = 1; k < categoryStart.length; k++)
    categoryStart[k] = Math.max(categoryStart[k], categoryStart[k - 1]) // a category without cells

  return {
    categoryStart,
    image: Int32Array.from(images),
    gtStart: Int32Array.from(gtStart),
    dtStart: Int32Array.from(dtStart),
    gtRows: gtOrder.map((position) => groundTruths.used[position]),
    dtRows: dtRows.subarray(0, kept),
    rank: rank.subarray(0, kept),
  }
}

/** The rows that belong to a cell, and the cell of each as one number, `category * I + image`. */
function keysOf(
  { rows, selected }: Selection,
  imgIds: readonly Id[],
  catIds: readonly Id[] | null,
): { used: Int32Array; keys: Float64Array } {
  const imagePlace = new Map(imgIds.map((id, i) => [id, i]))
  const categoryPlace = catIds && new Map(catIds.map((id, k) => [id, k]))
  const used = new Int32Array(selected.length)
  const keys = new Float64Array(selected.length)
  let n = 0
  for (let s = 0; s < selected.length; s++) {
    const row = selected[s]
    const i = imagePlace.get(rows.imageId(row))
    const k = categoryPlace ? categoryPlace.get(rows.categoryId(row)!) : 0
    if (i === undefined || k === undefined) continue
    used[n] = row
    keys[n++] = k * imgIds.length + i
  }
  return { used: used.subarray(0, n), keys: keys.subarray(0, n) }
}
