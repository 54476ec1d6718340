import { nameOfRow } from '../annotations/check_annotation.js'
import { CocoError } from '../errors.js'
import type { Id } from '../types.js'
import { countingSort, positions } from './counting_sort.js'
import type { Side } from './groups.js'
import { stableArgsort } from './stable_argsort.js'

/**
 * Annotations grouped into cells: one for each category and image that has a ground truth or a
 * detection. Cells are in order of category, then image; `K` and `I` count categories and images,
 * `C` cells.
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
  /** `[G]`, rows of the ground truths, cell by cell, in file order. */
  gtRows: Int32Array
  /** `[D]`, rows of the detections, cell by cell, by falling score, cut to `maxDet` a cell. */
  dtRows: Int32Array
  /** `[D]`, place of each detection in its cell, from 0. */
  rank: Int32Array
  /**
   * `[D]`, the detections category by category, by falling score; equal scores by image, then as in
   * the cell.
   */
  byScore: Int32Array
}

/** Rows to be grouped. Where they are equal otherwise, their order here decides. */
export interface Selection {
  side: Side
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
  const { groundTruths, detections, scoreOf, imgIds, catIds, maxDet } = options
  const gt = sortByCell(groundTruths, imgIds, catIds)
  const dt = sortByCell(detections, imgIds, catIds)
  const cells = findCells(gt.keys, dt.keys, imgIds.length, catIds?.length ?? 1)
  const byScore = sortByScore(cells, dt.rows, scoreOf)
  return { ...dealOut(cells, dt.rows, byScore, maxDet), gtRows: gt.rows }
}

/**
 * The rows that belong to a cell, in order of cell, and the cell of each as one number,
 * `category * I + image`.
 */
function sortByCell(
  { side, selected }: Selection,
  imgIds: readonly Id[],
  catIds: readonly Id[] | null,
): { rows: Int32Array; keys: Float64Array } {
  const { rows } = side
  const imagePlaces = new Map(imgIds.map((id, i) => [id, i]))
  const categoryPlaces = catIds && new Map(catIds.map((id, k) => [id, k]))
  const used = new Int32Array(selected.length)
  const images = new Int32Array(selected.length)
  const categories = new Int32Array(selected.length)
  let n = 0
  for (let s = 0; s < selected.length; s++) {
    const image = imagePlaces.get(rows.imageId(selected[s]))
    if (image === undefined) continue
    const category = categoryPlaces ? categoryPlaces.get(categoryOf(side, selected[s])) : 0
    if (category === undefined) continue
    used[n] = selected[s]
    images[n] = image
    categories[n++] = category
  }
  const byImage = countingSort(images, imgIds.length, positions(n))
  const order = countingSort(categories, catIds?.length ?? 1, byImage)
  const keys = new Float64Array(n)
  for (let i = 0; i < n; i++) keys[i] = categories[order[i]] * imgIds.length + images[order[i]]
  return { rows: order.map((position) => used[position]), keys }
}

/** Cells before detections are cut: `dtStart` counts them all. */
type UncutCells = Pick<Cells, 'categoryStart' | 'image' | 'gtStart' | 'dtStart'>

/** Walks both sides at once; a new cell starts where the next key is larger. */
function findCells(
  gtKeys: Float64Array,
  dtKeys: Float64Array,
  images: number,
  categories: number,
): UncutCells {
  const most = gtKeys.length + dtKeys.length
  const image = new Int32Array(most)
  const gtStart = new Int32Array(most + 1)
  const dtStart = new Int32Array(most + 1)
  const categoryStart = new Int32Array(categories + 1)
  let cell = 0
  let g = 0
  let d = 0
  while (g < gtKeys.length || d < dtKeys.length) {
    const nextGt = g < gtKeys.length ? gtKeys[g] : Number.POSITIVE_INFINITY
    const nextDt = d < dtKeys.length ? dtKeys[d] : Number.POSITIVE_INFINITY
    const key = Math.min(nextGt, nextDt)
    while (g < gtKeys.length && gtKeys[g] === key) g++
    while (d < dtKeys.length && dtKeys[d] === key) d++
    image[cell++] = key % images
    gtStart[cell] = g
    dtStart[cell] = d
    categoryStart[Math.floor(key / images) + 1] = cell
  }
  for (let k = 1; k <= categories; k++)
    categoryStart[k] = Math.max(categoryStart[k], categoryStart[k - 1]) // a category without cells
  return {
    categoryStart,
    image: image.slice(0, cell),
    gtStart: gtStart.slice(0, cell + 1),
    dtStart: dtStart.slice(0, cell + 1),
  }
}

/** Places in `rows`, category by category, by falling score. */
function sortByScore(
  { categoryStart, dtStart }: UncutCells,
  rows: Int32Array,
  scoreOf: (row: number) => number,
): Int32Array {
  const losses = new Float64Array(rows.length)
  for (let d = 0; d < rows.length; d++) losses[d] = -scoreOf(rows[d])
  const byScore = new Int32Array(rows.length)
  for (let k = 0; k + 1 < categoryStart.length; k++) {
    const first = dtStart[categoryStart[k]]
    const end = dtStart[categoryStart[k + 1]]
    const order = stableArgsort(losses.subarray(first, end))
    for (let i = 0; i < order.length; i++) byScore[first + i] = first + order[i]
  }
  return byScore
}

/** Gives each cell its best `maxDet` detections, in the order of `byScore`. */
function dealOut(
  cells: UncutCells,
  rows: Int32Array,
  byScore: Int32Array,
  maxDet: number,
): Omit<Cells, 'gtRows'> {
  const C = cells.image.length
  const dtStart = new Int32Array(C + 1)
  const cellOf = new Int32Array(rows.length)
  for (let cell = 0; cell < C; cell++) {
    const [first, end] = [cells.dtStart[cell], cells.dtStart[cell + 1]]
    cellOf.fill(cell, first, end)
    dtStart[cell + 1] = dtStart[cell] + Math.min(end - first, maxDet)
  }

  const D = dtStart[C]
  const next = dtStart.slice()
  const dtRows = new Int32Array(D)
  const rank = new Int32Array(D)
  const kept = new Int32Array(D)
  let n = 0
  for (let i = 0; i < byScore.length; i++) {
    const cell = cellOf[byScore[i]]
    const dt = next[cell]
    if (dt === dtStart[cell + 1]) continue
    next[cell]++
    dtRows[dt] = rows[byScore[i]]
    rank[dt] = dt - dtStart[cell]
    kept[n++] = dt
  }
  return { ...cells, dtStart, dtRows, rank, byScore: kept }
}

/** @throws CocoError where the annotation has none. */
export function categoryOf({ rows, name }: Side, row: number): Id {
  const categoryId = rows.categoryId(row)
  if (categoryId !== undefined) return categoryId
  throw new CocoError(name, `${nameOfRow(rows, row)} has no category_id`, 'give it one')
}
