import { checkIscrowd, checkScore } from '../annotations/check_annotation.js'
import type { COCO } from '../coco.js'
import { CocoError } from '../errors.js'
import type { Groups, Similarity } from '../evaluate/groups.js'
import { similarityOf } from '../evaluate/similarity.js'
import { stableArgsort } from '../evaluate/stable_argsort.js'
import type { Comparison, Places } from './comparison.js'

/**
 * Annotations of all classes, image by image, so that a detection can be held against ground truths
 * of other classes than its own. `I` images, `G` ground truths in file order, `D` detections by
 * falling score; equal scores are in file order.
 */
export interface ImagePairs extends Groups {
  /** `[G]`, place of the class in `places.classes`. */
  gtClass: Int32Array
  /** `[D]`, the same. */
  dtClass: Int32Array
  /** `[G]`, 1 for a crowd. */
  gtCrowd: Uint8Array
  /** `[D]`. */
  dtScores: Float64Array
  /** The largest number of pairs in one image. */
  largest: number
  /** Writes `[d, g]` IoUs of one image: against a crowd, the union is the detection's area. */
  writeIous: Similarity
}

export interface ImagePairsOptions {
  places: Places
  /** Detections of lower score are left out. @default none */
  scoreThr?: number
  /** Detections kept for each image and class, the surest. @default all */
  maxDet?: number
}

/** @param where the call, for errors. */
export function imagePairs(
  comparison: Comparison,
  where: string,
  { places, scoreThr = Number.NEGATIVE_INFINITY, maxDet }: ImagePairsOptions,
): ImagePairs {
  const { cocoGt, cocoDt, params } = comparison
  if (params.iouType === 'keypoints')
    throw new CocoError(
      where,
      "params.iouType is 'keypoints', where overlaps of different objects mean little",
      "compare them as 'bbox' or 'segm'",
    )
  const gt = groupByImage(cocoGt, places)
  const dt = surestOf(cocoDt, groupByImage(cocoDt, places), { scoreThr, maxDet })
  const gtCrowd = Uint8Array.from(gt.rows, (row) =>
    Number(checkIscrowd(cocoGt.name, cocoGt.rows, row)),
  )
  const groups = { gtStart: gt.start, gtRows: gt.rows, dtStart: dt.start, dtRows: dt.rows }
  return {
    ...groups,
    gtClass: gt.classOf,
    dtClass: dt.classOf,
    gtCrowd,
    dtScores: dt.scores,
    largest: largestImage(groups),
    writeIous: similarityOf(groups, gtCrowd, cocoGt, cocoDt, params),
  }
}

/** Rows image by image, and the class of each. */
interface Grouped {
  /** `[I + 1]`. */
  start: Int32Array
  rows: Int32Array
  classOf: Int32Array
}

/** The rows of these images and classes; within an image in file order. */
function groupByImage(coco: COCO, { imgIds, classes }: Places): Grouped {
  const { rows } = coco
  const imagePlace = new Map(imgIds.map((id, i) => [id, i]))
  const classPlace = new Map(classes.map(({ id }, k) => [id, k]))
  const selected = coco.selectRows({ imgIds })
  const images = new Int32Array(selected.length)
  const start = new Int32Array(imgIds.length + 1)
  for (let s = 0; s < selected.length; s++) {
    const image = imagePlace.get(rows.imageId(selected[s]))
    const isWanted = image !== undefined && classPlace.has(rows.categoryId(selected[s])!)
    images[s] = isWanted ? image : -1
    if (isWanted) start[image + 1]++
  }
  for (let i = 0; i < imgIds.length; i++) start[i + 1] += start[i]

  const grouped = new Int32Array(start[imgIds.length])
  const next = start.slice()
  for (let s = 0; s < selected.length; s++)
    if (images[s] >= 0) grouped[next[images[s]]++] = selected[s]
  return {
    start,
    rows: grouped,
    classOf: grouped.map((row) => classPlace.get(rows.categoryId(row)!)!),
  }
}

/** In each image by falling score, without the low ones, and `maxDet` of a class at most. */
function surestOf(
  { rows, name }: COCO,
  { start, rows: all, classOf }: Grouped,
  { scoreThr, maxDet = Number.POSITIVE_INFINITY }: { scoreThr: number; maxDet?: number },
): Grouped & { scores: Float64Array } {
  const scores = Float64Array.from(all, (row) => checkScore(name, rows, row))
  const kept: number[] = []
  const keptStart = new Int32Array(start.length)
  for (let i = 0; i + 1 < start.length; i++) {
    const ofClass = new Map<number, number>()
    const order = stableArgsort(scores.subarray(start[i], start[i + 1]).map((score) => -score))
    for (const place of order) {
      const dt = start[i] + place
      const rank = ofClass.get(classOf[dt]) ?? 0
      ofClass.set(classOf[dt], rank + 1)
      if (rank < maxDet && scores[dt] >= scoreThr) kept.push(dt)
    }
    keptStart[i + 1] = kept.length
  }
  const order = Int32Array.from(kept)
  return {
    start: keptStart,
    rows: order.map((dt) => all[dt]),
    classOf: order.map((dt) => classOf[dt]),
    scores: Float64Array.from(order, (dt) => scores[dt]),
  }
}

function largestImage({ gtStart, dtStart }: Groups): number {
  let largest = 0
  for (let i = 0; i + 1 < gtStart.length; i++)
    largest = Math.max(largest, (gtStart[i + 1] - gtStart[i]) * (dtStart[i + 1] - dtStart[i]))
  return largest
}
