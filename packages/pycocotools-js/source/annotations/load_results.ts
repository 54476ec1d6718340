import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
import { appendCompressed } from '../mask/append_segmentation.js'
import { MaskFault } from '../mask/mask_fault.js'
import { RunList } from '../mask/run_list.js'
import { runsArea } from '../mask/runs_area.js'
import { writeRunsBox } from '../mask/runs_box.js'
import type { CocoAnnotation, CocoCategory, CocoImage, Id } from '../types.js'
import { warnOnce } from '../warn_once.js'
import { idFault, show, twinOf } from './annotation_faults.js'
import type { GivenRows } from './annotation_rows.js'
import { checkBox } from './check_annotation.js'

/** What results are checked against. */
export interface GroundTruthIndex {
  imgs: ReadonlyMap<Id, CocoImage>
  cats: ReadonlyMap<Id, CocoCategory>
}

/**
 * What `loadRes` finds out about results of one kind: `N` rows. Every row also gets an id, its
 * number from 1.
 */
export type FoundResults =
  | { kind: 'caption' }
  /** `[N]`, width times height; `iscrowd` is 0; the mask is the box where the row has none. */
  | { kind: 'bbox'; areas: Float64Array }
  /**
   * `[N]` and `[N, 4]`, pixels and box of the mask, the box where the row has none; `iscrowd` is 0.
   */
  | { kind: 'segmentation'; areas: Float64Array; boxesXywh: Float64Array }
  /** `[N]` and `[N, 4]`, of the smallest box around all keypoints. */
  | { kind: 'keypoints'; areas: Float64Array; boxesXywh: Float64Array }

/**
 * Checks results, and finds what they lack as annotations.
 *
 * Source: `COCO.loadRes` of pycocotools 2.0.11.
 *
 * @param rows each an object. The first decides what kind of results they all are.
 * @param where the file, for errors.
 * @param allowEmpty as `ResultOptions`.
 */
export function findResults(
  rows: GivenRows,
  gt: GroundTruthIndex,
  where: string,
  { allowEmpty = false } = {},
): FoundResults {
  if (rows.length === 0 && allowEmpty) {
    warnOnce(
      'no results',
      `${where}: holds no results, so that AP and AR are 0 where there is ground truth`,
      where,
    )
    return { kind: 'bbox', areas: new Float64Array(0) }
  }
  checkImages(rows, gt.imgs, where)
  const kind = kindOf(rows, where)
  if (kind === 'caption') return { kind }
  checkCategories(rows, gt.cats, where)
  if (kind === 'bbox') return { kind, areas: areasOfBoxes(rows, where) }
  const find = kind === 'segmentation' ? findInMasks : findInKeypoints
  return { kind, ...find(rows, where) }
}

/** Adds to an annotation, in place, what was found about its row. */
export function addFound(annotation: CocoAnnotation, row: number, found: FoundResults): void {
  if (found.kind === 'bbox' && !('segmentation' in annotation))
    annotation.segmentation = [rectangle(annotation.bbox!)]
  if (found.kind !== 'caption') annotation.area = found.areas[row]
  if (found.kind === 'keypoints' || (found.kind === 'segmentation' && !('bbox' in annotation)))
    annotation.bbox = Array.from(found.boxesXywh.subarray(4 * row, 4 * row + 4))
  annotation.id = row + 1
  if (found.kind === 'bbox' || found.kind === 'segmentation') annotation.iscrowd = 0
}

/** A box as a polygon. */
export function rectangle([x, y, width, height]: ArrayLike<number> & Iterable<number>): number[] {
  return [x, y, x, y + height, x + width, y + height, x + width, y]
}

function checkImages(rows: GivenRows, imgs: ReadonlyMap<Id, CocoImage>, where: string): void {
  let known: Id | undefined // the results of an image often follow each other
  for (let row = 0; row < rows.length; row++) {
    const imageId = rows.imageId(row)
    if (imageId !== undefined && (imageId === known || imgs.has(imageId))) {
      known = imageId
      continue
    }
    const { image_id } = rows.at(row)
    if (image_id === undefined)
      throw new CocoError(where, `entry [${row}] has no image_id`, 'give every result one')
    const fault = idFault(image_id, 'image_id')
    if (fault) throw new CocoError(where, `entry [${row}] ${fault.what}`, fault.fix)
    const twin = twinOf(image_id, imgs)
    throw new CocoError(
      where,
      `entry [${row}] has image_id ${showId(image_id)}, which is not in the ground truth`,
      twin === undefined
        ? 'evaluate results with the annotation file they were made for'
        : `write it as there, ${showId(twin)}: ids of text and numbers are different`,
    )
  }
}

function kindOf(rows: GivenRows, where: string): FoundResults['kind'] {
  if (rows.length === 0)
    throw new CocoError(
      where,
      'holds no results',
      'a detector that found nothing has an AP of 0: loadRes(results, { allowEmpty: true }) takes it',
    )
  const first = rows.at(0)
  if ('caption' in first) return 'caption'
  const isEmptyBox = Array.isArray(first.bbox) && first.bbox.length === 0
  if ('bbox' in first && !isEmptyBox) return 'bbox'
  if ('segmentation' in first) return 'segmentation'
  if ('keypoints' in first) return 'keypoints'
  throw new CocoError(
    where,
    'entry [0] has no bbox, segmentation, keypoints or caption',
    'give every result one of them, all the same',
  )
}

function checkCategories(
  rows: GivenRows,
  cats: ReadonlyMap<Id, CocoCategory>,
  where: string,
): void {
  let count = 0
  let first = -1
  for (let row = 0; row < rows.length; row++) {
    const categoryId = rows.categoryId(row)
    if (categoryId !== undefined && cats.has(categoryId)) continue
    const { category_id } = rows.at(row)
    if (category_id === undefined || category_id === null)
      throw new CocoError(
        where,
        `${nameOf(rows, row)} has no category_id`,
        'give every result a number or text',
      )
    const fault = idFault(category_id, 'category_id')
    if (fault) throw new CocoError(where, `${nameOf(rows, row)} ${fault.what}`, fault.fix)
    if (count === 0) first = row
    count++
  }
  if (count > 0) warnOfUnknown(rows, cats, where, { count, first })
}

function warnOfUnknown(
  rows: GivenRows,
  cats: ReadonlyMap<Id, CocoCategory>,
  where: string,
  { count, first }: { count: number; first: number },
): void {
  const id = rows.categoryId(first)!
  const twin = twinOf(id, cats)
  const hint =
    twin === undefined ? '' : `; there it is ${showId(twin)}, and ids of text and numbers differ`
  warnOnce(
    'unknown category',
    `${where}: ${count} of ${rows.length} results have a category_id that is not in the ground truth, first ${nameOf(rows, first)} ` +
      `with ${showId(id)}${hint}; they are not counted, as in pycocotools`,
    where,
  )
}

function areasOfBoxes(rows: GivenRows, where: string): Float64Array {
  const areas = new Float64Array(rows.length)
  const boxXywh = new Float64Array(4)
  for (let row = 0; row < rows.length; row++) {
    const isWritten = rows.writeBox(row, boxXywh, 0)
    if (!isWritten || boxXywh[2] < 0 || boxXywh[3] < 0)
      checkBox(where, nameOf(rows, row), rows.at(row).bbox)
    areas[row] = boxXywh[2] * boxXywh[3]
  }
  return areas
}

function findInMasks(rows: GivenRows, where: string) {
  const areas = new Float64Array(rows.length)
  const boxesXywh = new Float64Array(4 * rows.length)
  const list = new RunList()
  for (let row = 0; row < rows.length; row++) {
    const segmentation = rows.segmentation(row)
    if (!segmentation || !('counts' in segmentation)) throw noCompressedMask(rows, row, where)
    list.clear()
    try {
      appendCompressed(list, segmentation.counts, segmentation.size)
    } catch (fault) {
      if (!(fault instanceof MaskFault)) throw fault
      throw new CocoError(where, `${nameOf(rows, row)} ${fault.what}`, fault.fix)
    }
    areas[row] = runsArea(list.runs, 0, list.length)
    if (!rows.has(row, 'bbox'))
      writeRunsBox(list.runs, 0, list.length, segmentation.size[0], boxesXywh, 4 * row)
  }
  return { areas, boxesXywh }
}

/** Only compressed run lengths are masks of results (pycocotools). */
function noCompressedMask(rows: GivenRows, row: number, where: string): CocoError {
  const segmentation = rows.segmentation(row)
  let what = 'a segmentation that is none'
  if (!rows.has(row, 'segmentation')) what = 'no segmentation'
  else if (segmentation && 'polygons' in segmentation) what = 'polygons as its segmentation'
  else if (segmentation) what = 'run lengths that are not compressed'
  return new CocoError(
    where,
    `${nameOf(rows, row)} has ${what}`,
    'masks of results are { size, counts } with compressed counts: mask.frPyObjects makes them',
  )
}

function findInKeypoints(rows: GivenRows, where: string) {
  const areas = new Float64Array(rows.length)
  const boxesXywh = new Float64Array(4 * rows.length)
  for (let row = 0; row < rows.length; row++) {
    const keypoints = rows.keypoints(row)
    if (keypoints === undefined || keypoints.length < 2)
      throw new CocoError(
        where,
        `${nameOf(rows, row)} has no keypoints`,
        'give it x, y and visibility of each',
      )
    const [left, right] = extent(keypoints, 0)
    const [top, bottom] = extent(keypoints, 1)
    const area = (right - left) * (bottom - top)
    if (Number.isNaN(area)) throw badKeypoint(keypoints, nameOf(rows, row), where)
    areas[row] = area
    boxesXywh.set([left, top, right - left, bottom - top], 4 * row)
  }
  return { areas, boxesXywh }
}

/** The least and the largest of every third number; NaN where one is none. */
function extent(keypoints: ArrayLike<number>, first: number): [number, number] {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let i = first; i < keypoints.length; i += 3) {
    if (!Number.isFinite(keypoints[i])) return [Number.NaN, Number.NaN]
    least = Math.min(least, keypoints[i])
    most = Math.max(most, keypoints[i])
  }
  return [least, most]
}

function badKeypoint(keypoints: ArrayLike<number>, subject: string, where: string): CocoError {
  const i = Array.from(keypoints).findIndex((value, i) => i % 3 < 2 && !Number.isFinite(value))
  return new CocoError(
    where,
    `${subject} has ${show(keypoints[i])} at [${i}] of its keypoints`,
    'keypoints are finite numbers: x, y and visibility of each',
  )
}

function nameOf(rows: GivenRows, row: number): string {
  return `entry [${row}] (image ${showId(rows.imageId(row))})`
}
