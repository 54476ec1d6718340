/** What an annotation must hold before it is counted. Each check returns the value it checked. */
import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
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
  throw errorOf(areaFault(annotation.area)!, where, nameOf(annotation))
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
  throw errorOf(iscrowdFault(annotation.iscrowd)!, where, nameOf(annotation))
}

/** @returns the id as the number that stands in `dtMatches` and `gtMatches`. */
export function checkNumericId(where: string, rows: AnnotationRows, row: number): number {
  const value = numberOfId(rows.id(row))
  if (!Number.isNaN(value)) return value
  const annotation = rows.at(row)
  throw errorOf(annotationIdFault(annotation.id)!, where, nameOf(annotation))
}

export function nameOf(annotation: CocoAnnotation): string {
  return `annotation ${showId(annotation.id)} (image ${showId(annotation.image_id)})`
}

function errorOf({ what, fix }: Fault, where: string, subject: string): CocoError {
  return new CocoError(where, `${subject} ${what}`, fix)
}
