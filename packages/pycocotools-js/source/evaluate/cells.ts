import type { CocoAnnotation, Id } from '../types.js'
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
  /** Cell by cell, in file order. */
  groundTruths: CocoAnnotation[]
  /** Cell by cell, by falling score, cut to `maxDet` a cell. */
  detections: CocoAnnotation[]
  /** Of each detection, its place in its cell from 0. */
  rank: Int32Array
}

export interface CellsOptions {
  groundTruths: CocoAnnotation[]
  detections: CocoAnnotation[]
  scoreOf: (detection: CocoAnnotation) => number
  imgIds: readonly Id[]
  /** The categories, or null to take all annotations as one category. */
  catIds: readonly Id[] | null
  maxDet: number
}

/** Groups annotations; those of other images or categories are left out. */
export function groupIntoCells(options: CellsOptions): Cells {
  const { imgIds, catIds, scoreOf, maxDet } = options
  const imagePosition = new Map(imgIds.map((id, i) => [id, i]))
  const categoryPosition = catIds && new Map(catIds.map((id, k) => [id, k]))
  /** The cell as one number, `category * I + image`; -1 for none. */
  const keyOf = (annotation: CocoAnnotation): number => {
    const i = imagePosition.get(annotation.image_id)
    const k = categoryPosition ? categoryPosition.get(annotation.category_id!) : 0
    return i === undefined || k === undefined ? -1 : k * imgIds.length + i
  }

  const used = options.groundTruths.filter((annotation) => keyOf(annotation) >= 0)
  const gtKeys = Float64Array.from(used, keyOf)
  const gtOrder = stableArgsort(gtKeys)

  const usedDetections = options.detections.filter((annotation) => keyOf(annotation) >= 0)
  const dtKeys = Float64Array.from(usedDetections, keyOf)
  const byScore = stableArgsort(Float64Array.from(usedDetections, (dt) => -scoreOf(dt)))
  const dtOrder = stableArgsort(dtKeys, byScore)

  const images: number[] = []
  const gtStart = [0]
  const dtStart = [0]
  const categoryStart = new Int32Array((catIds?.length ?? 1) + 1)
  const detections: CocoAnnotation[] = []
  const rank: number[] = []
  let g = 0
  let d = 0
  while (g < gtOrder.length || d < dtOrder.length) {
    const nextGt = g < gtOrder.length ? gtKeys[gtOrder[g]] : Number.POSITIVE_INFINITY
    const nextDt = d < dtOrder.length ? dtKeys[dtOrder[d]] : Number.POSITIVE_INFINITY
    const key = Math.min(nextGt, nextDt)
    while (g < gtOrder.length && gtKeys[gtOrder[g]] === key) g++
    for (let r = 0; d < dtOrder.length && dtKeys[dtOrder[d]] === key; r++, d++) {
      if (r >= maxDet) continue
      detections.push(usedDetections[dtOrder[d]])
      rank.push(r)
    }
    images.push(key % imgIds.length)
    gtStart.push(g)
    dtStart.push(detections.length)
    categoryStart[Math.floor(key / imgIds.length) + 1] = images.length
  }
  for (let k = 1; k < categoryStart.length; k++)
    categoryStart[k] = Math.max(categoryStart[k], categoryStart[k - 1]) // a category without cells

  return {
    categoryStart,
    image: Int32Array.from(images),
    gtStart: Int32Array.from(gtStart),
    dtStart: Int32Array.from(dtStart),
    groundTruths: Array.from(gtOrder, (position) => used[position]),
    detections,
    rank: Int32Array.from(rank),
  }
}
