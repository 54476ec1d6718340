/** What an annotation must hold before it is counted. Each check returns the value it checked. */
import { CocoError } from '../errors.js'
import { isId, showId } from '../ids.js'
import type { CocoAnnotation } from '../types.js'
import {
  annotationIdFault,
  areaFault,
  boxFault,
  type Fault,
  iscrowdFault,
  LEAVE_OUT,
  numberOfId,
  show,
} from './annotation_faults.js'
import type { AnnotationRows } from './annotation_rows.js'

/**
 * Checks a box as it stands in a file.
 *
 * @param where the file.
 * @param subject names the entry, such as `annotation 4711`.
 * @throws CocoError unless it is `[x, y, width, height]`: finite, no size negative.
 */
export function checkBox(where: string, subject: string, bbox: unknown): void {
  const fault = boxFault(bbox)
  if (fault) throw errorOf(fault, where, subject)
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
      checkBox(where, nameOfRow(rows, selected[i]), rows.at(selected[i]).bbox)
    }
  }
  return boxesXywh
}

/** @returns the area, finite and not negative. */
export function checkArea(where: string, rows: AnnotationRows, row: number): number {
  const area = rows.area(row)
  if (area >= 0 && area !== Number.POSITIVE_INFINITY) return area
  throw errorOf(areaFault(rows.at(row).area)!, where, nameOfRow(rows, row))
}

/** @returns the score: any number but NaN. */
export function checkScore(where: string, rows: AnnotationRows, row: number): number {
  const score = rows.score(row)
  if (!Number.isNaN(score)) return score
  const subject = nameOfRow(rows, row)
  const value = rows.at(row).score
  if (value === undefined)
    throw new CocoError(where, `${subject} has no score`, 'give every detection one')
  throw new CocoError(where, `${subject} has a score of ${show(value)}`, LEAVE_OUT)
}

/** @returns whether the annotation is a crowd. */
export function checkIscrowd(where: string, rows: AnnotationRows, row: number): boolean {
  const iscrowd = rows.iscrowd(row)
  if (!Number.isNaN(iscrowd)) return iscrowd !== 0
  throw errorOf(iscrowdFault(rows.at(row).iscrowd)!, where, nameOfRow(rows, row))
}

/** @returns the id as the number that stands in `dtMatches` and `gtMatches`. */
export function checkNumericId(where: string, rows: AnnotationRows, row: number): number {
  const value = numberOfId(rows.id(row))
  if (!Number.isNaN(value)) return value
  throw errorOf(annotationIdFault(rows.id(row))!, where, nameOfRow(rows, row))
}

/** An annotation that has an id, if only by default. */
export function nameOfRow(rows: AnnotationRows, row: number): string {
  return `annotation ${showId(rows.id(row))} (image ${showId(rows.imageId(row))})`
}

export function nameOf({ id, image_id }: CocoAnnotation): string {
  const subject = isId(id) ? `annotation ${showId(id)}` : 'an annotation without id'
  return `${subject} (image ${showId(image_id)})`
}

function errorOf({ what, fix }: Fault, where: string, subject: string): CocoError {
  return new CocoError(where, `${subject} ${what}`, fix)
}
