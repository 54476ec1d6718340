import type { AnnotationRows } from '../packages/pycocotools-js/source/annotations/annotation_rows.js'
import { type Tally, tallyUp } from './tally.js'

/** Training leaves out images with a side shorter than this (mmdetection 2.x). */
export const MIN_SIDE = 32

/** What a data set has in its file, and how much of it is used. */
export interface DataCounts {
  images: ListCounts
  objects: ListCounts
  /** Sentences on what was read otherwise than it is written. */
  notes: string[]
}

export interface ListCounts {
  /** Number in the file, or in its first `limit` images. */
  total: number
  used: number
  /** Number left out by reason; an entry is counted once, under the first that holds. */
  leftOut: Tally
  /** What entries lack, and what it is read as. */
  defaults: Tally
}

export function emptyCounts(): ListCounts {
  return { total: 0, used: 0, leftOut: {}, defaults: {} }
}

/** Keys that an annotation may leave out, and what they are read as. */
const DEFAULTS = [
  ['id', 'without id, numbered from the largest on'],
  ['iscrowd', 'without iscrowd, read as 0'],
  ['area', 'without area, read as that of the mask, else of the box'],
] as const

/** Counts what annotations leave out. */
export function countDefaults(rows: AnnotationRows, { defaults }: ListCounts): void {
  for (let row = 0; row < rows.length; row++) {
    for (const [key, reading] of DEFAULTS) {
      if (rows.lacks(row, key)) tallyUp(defaults, reading, rows.id(row))
    }
  }
}

/** Buffer, kept between calls. */
const box = new Float64Array(4)

/**
 * Why training does not use a sound annotation; undefined where it does.
 *
 * Source: mmdetection 2.x, which also keeps crowds apart: they are background to the detectors
 * here.
 *
 * @param size `[height, width]` of its image.
 */
export function objectFault(
  rows: AnnotationRows,
  row: number,
  [imageHeight, imageWidth]: readonly [number, number],
): string | undefined {
  rows.writeBox(row, box, 0)
  const [x, y, width, height] = box
  const insideWidth = Math.min(x + width, imageWidth) - Math.max(x, 0)
  const insideHeight = Math.min(y + height, imageHeight) - Math.max(y, 0)
  if (rows.ignored(row)) return "flagged 'ignore'"
  if (insideWidth <= 0 || insideHeight <= 0) return 'outside their image'
  if (rows.area(row) <= 0) return NO_AREA
  if (width < 1 || height < 1) return THIN
  return rows.iscrowd(row) !== 0 ? CROWD : undefined
}

export const NO_AREA = 'of area 0'
export const THIN = 'thinner than a pixel'
export const CROWD = "flagged 'iscrowd'"
export const OTHER_CATEGORY = 'of other categories'
