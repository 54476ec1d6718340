/** What an annotation must hold before it is counted. Each check returns the value it checked. */
import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
import type { CocoAnnotation } from '../types.js'
import type { AnnotationRows } from './annotation_rows.js'

const LEAVE_OUT = 'repair it or leave it out'

/**
 * Checks a box as it stands in a file.
 *
 * @param where the file.
 * @param subject names the entry, such as `annotation 4711`.
 * @throws CocoError unless it is `[x, y, width, height]`: finite, no size negative.
 */
export function checkBox(where: string, subject: string, bbox: unknown): void {
  if (bbox === undefined)
    throw new CocoError(where, `${subject} has no bbox`, 'give it [x, y, width, height]')
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite))
    throw new CocoError(
      where,
      `${subject} has the box ${show(bbox)}`,
      'a box is four finite numbers [x, y, width, height]',
    )
  if (bbox[2] < 0) throw new CocoError(where, `${subject} has a box of width ${bbox[2]}`, LEAVE_OUT)
  if (bbox[3] < 0)
    throw new CocoError(where, `${subject} has a box of height ${bbox[3]}`, LEAVE_OUT)
}

/** The boxes of some rows, `[n, 4]`: finite, no size negative. */
export function checkedBoxes(
  where: string,
  rows: AnnotationRows,
  selected: Int32Array,
): Float64Array {
  const boxesXywh = new Float64Array(4 * selected.length)
  for (let i = 0; i < selected.length; i++) {
    const written = rows.writeBox(selected[i], boxesXywh, 4 * i)
    if (!written || boxesXywh[4 * i + 2] < 0 || boxesXywh[4 * i + 3] < 0) {
      const annotation = rows.at(selected[i])
      checkBox(where, nameOf(annotation), annotation.bbox)
    }
  }
  return boxesXywh
}

/** @returns the area, finite and not negative. */
export function checkArea(where: string, rows: AnnotationRows, row: number): number {
  const area = rows.area(row)
  if (area >= 0 && area !== Number.POSITIVE_INFINITY) return area
  const annotation = rows.at(row)
  if (annotation.area === undefined)
    throw new CocoError(where, `${nameOf(annotation)} has no area`, 'give it one in image pixels')
  throw new CocoError(
    where,
    `${nameOf(annotation)} has an area of ${show(annotation.area)}`,
    LEAVE_OUT,
  )
}

/** @returns the score: any number but NaN. */
export function checkScore(where: string, rows: AnnotationRows, row: number): number {
  const score = rows.score(row)
  if (!Number.isNaN(score)) return score
  const annotation = rows.at(row)
  if (annotation.score === undefined)
    throw new CocoError(where, `${nameOf(annotation)} has no score`, 'give every detection one')
  throw new CocoError(
    where,
    `${nameOf(annotation)} has a score of ${show(annotation.score)}`,
    LEAVE_OUT,
  )
}

/** @returns whether the annotation is a crowd. */
export function checkIscrowd(where: string, rows: AnnotationRows, row: number): boolean {
  const iscrowd = rows.iscrowd(row)
  if (!Number.isNaN(iscrowd)) return iscrowd !== 0
  const annotation = rows.at(row)
  if (annotation.iscrowd === undefined)
    throw new CocoError(where, `${nameOf(annotation)} has no iscrowd`, 'give it 0 or 1')
  throw new CocoError(
    where,
    `${nameOf(annotation)} has an iscrowd of ${show(annotation.iscrowd)}`,
    'give it 0 or 1',
  )
}

/** @returns the id as the number that stands in `dtMatches` and `gtMatches`. */
export function checkNumericId(where: string, rows: AnnotationRows, row: number): number {
  const id = rows.id(row)
  const value = id === '' ? Number.NaN : Number(id)
  if (!Number.isNaN(value)) return value
  throw new CocoError(
    where,
    `${nameOf(rows.at(row))} has an id that is not a number`,
    'matches are kept as numbers, so number the annotations from 1',
  )
}

export function nameOf(annotation: CocoAnnotation): string {
  return `annotation ${showId(annotation.id)} (image ${showId(annotation.image_id)})`
}

/** `JSON.stringify`, but with NaN and Infinity where they stand. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}
