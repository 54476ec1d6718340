/** What an annotation must hold before it is counted. Each check returns the value it checked. */
import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
import type { CocoAnnotation } from '../types.js'

const LEAVE_OUT = 'repair it or leave it out'

/**
 * @param where the file.
 * @param subject names the entry, such as `annotation 4711`; called only if the box is bad.
 * @returns `[x, y, width, height]`: finite, no size negative.
 */
export function checkBox(where: string, subject: () => string, bbox: unknown): number[] {
  if (bbox === undefined)
    throw new CocoError(where, `${subject()} has no bbox`, 'give it [x, y, width, height]')
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite))
    throw new CocoError(
      where,
      `${subject()} has the box ${show(bbox)}`,
      'a box is four finite numbers [x, y, width, height]',
    )
  if (bbox[2] < 0)
    throw new CocoError(where, `${subject()} has a box of width ${bbox[2]}`, LEAVE_OUT)
  if (bbox[3] < 0)
    throw new CocoError(where, `${subject()} has a box of height ${bbox[3]}`, LEAVE_OUT)
  return bbox
}

/** @returns the area, finite and not negative. */
export function checkArea(where: string, annotation: CocoAnnotation): number {
  const { area } = annotation
  if (area === undefined)
    throw new CocoError(where, `${nameOf(annotation)} has no area`, 'give it one in image pixels')
  if (!Number.isFinite(area) || area < 0)
    throw new CocoError(where, `${nameOf(annotation)} has an area of ${show(area)}`, LEAVE_OUT)
  return area
}

/** @returns the score: any number but NaN. */
export function checkScore(where: string, annotation: CocoAnnotation): number {
  const { score } = annotation
  if (score === undefined)
    throw new CocoError(where, `${nameOf(annotation)} has no score`, 'give every detection one')
  if (typeof score !== 'number' || Number.isNaN(score))
    throw new CocoError(where, `${nameOf(annotation)} has a score of ${show(score)}`, LEAVE_OUT)
  return score
}

/** @returns whether the annotation is a crowd. */
export function checkIscrowd(where: string, annotation: CocoAnnotation): boolean {
  const { iscrowd } = annotation
  if (iscrowd === undefined)
    throw new CocoError(where, `${nameOf(annotation)} has no iscrowd`, 'give it 0 or 1')
  if (typeof iscrowd !== 'boolean' && !Number.isInteger(iscrowd))
    throw new CocoError(
      where,
      `${nameOf(annotation)} has an iscrowd of ${show(iscrowd)}`,
      'give it 0 or 1',
    )
  return Boolean(iscrowd)
}

/** @returns the id as the number that stands in `dtMatches` and `gtMatches`. */
export function checkNumericId(where: string, annotation: CocoAnnotation): number {
  const { id } = annotation
  const value = id === '' ? Number.NaN : Number(id)
  if (Number.isNaN(value))
    throw new CocoError(
      where,
      `${nameOf(annotation)} has an id that is not a number`,
      'matches are kept as numbers, so number the annotations from 1',
    )
  return value
}

export function nameOf(annotation: CocoAnnotation): string {
  return `annotation ${showId(annotation.id)} (image ${showId(annotation.image_id)})`
}

/** `JSON.stringify`, but with NaN and Infinity where they stand. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}
