/**
 * What can be wrong with the values of an annotation. Evaluation and training report it in the same
 * words.
 */
import { isId, showId } from '../ids.js'
import { isList } from '../mask/is_list.js'
import type { Id } from '../types.js'

/** One fault, without its subject. */
export interface Fault {
  /** Follows the subject: `has an area of -3`. Values as the file has them, text in quotes. */
  what: string
  fix: string
  /** Words for counts: follow `3 objects`, such as `of negative area`. */
  kind: string
}

export const LEAVE_OUT = 'repair it or leave it out'
const ID_RULE = 'an id is text or a number within 2^53'

/** An id that stands for none, or for another: see `isId`. @param key such as `image_id`. */
export function idFault(id: unknown, key: string): Fault | undefined {
  if (isId(id)) return undefined
  if (id === undefined)
    return { what: `has no ${key}`, fix: LEAVE_OUT, kind: `without ${article(key)}` }
  return { what: `has the ${key} ${show(id)}`, fix: ID_RULE, kind: `with an unusable ${key}` }
}

/** The id of an annotation also stands as a number in `dtMatches` and `gtMatches`. */
export function annotationIdFault(id: unknown): Fault | undefined {
  if (typeof id !== 'number' && typeof id !== 'string') return idFault(id, 'id')
  if (!Number.isNaN(numberOfId(id))) return idFault(id, 'id')
  return {
    what: 'has an id that is not a number',
    fix: 'matches are kept as numbers, so number the annotations from 1',
    kind: 'with an id that is not a number',
  }
}

/** @returns NaN for text that is no number. */
export function numberOfId(id: Id): number {
  return id === '' ? Number.NaN : Number(id)
}

/** An `image_id` or `category_id` that is not among those of the file. */
export function unknownIdFault(
  id: unknown,
  list: 'image' | 'category',
  known: { has(id: Id): boolean },
): Fault | undefined {
  const key = `${list}_id`
  const fault = idFault(id ?? undefined, key)
  if (fault !== undefined || known.has(id as Id)) return fault
  const twin = twinOf(id, known)
  return {
    what: `has the ${key} ${showId(id)}, which no ${list} has`,
    fix:
      twin === undefined
        ? LEAVE_OUT
        : `write it as there, ${showId(twin)}: ids of text and numbers are different`,
    kind: `of an unknown ${list}`,
  }
}

/** The same id as a number where it is text, or as text where it is a number, if that is known. */
export function twinOf(id: unknown, known: { has(id: Id): boolean }): Id | undefined {
  const twin = typeof id === 'string' && id.trim() !== '' ? Number(id) : String(id)
  return known.has(twin) ? twin : undefined
}

/** A box is `[x, y, width, height]`: finite, no size negative. */
export function boxFault(bbox: unknown): Fault | undefined {
  if (isAbsent(bbox))
    return { what: 'has no bbox', fix: 'give it [x, y, width, height]', kind: 'without a box' }
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite))
    return {
      what: `has the box ${show(bbox)}`,
      fix: 'a box is four finite numbers [x, y, width, height]',
      kind: 'with a box that is not four finite numbers',
    }
  const [, , width, height] = bbox as number[]
  if (width >= 0 && height >= 0) return undefined
  const what = width < 0 ? `has a box of width ${width}` : `has a box of height ${height}`
  return { what, fix: LEAVE_OUT, kind: 'with a box of negative size' }
}

/** An area is finite and not negative. */
export function areaFault(area: unknown): Fault | undefined {
  if (isAbsent(area))
    return { what: 'has no area', fix: 'give it one in image pixels', kind: 'without an area' }
  if (Number.isFinite(area) && (area as number) >= 0) return undefined
  const kind = typeof area === 'number' && area < 0 ? 'of negative area' : 'with an unusable area'
  return { what: `has an area of ${show(area)}`, fix: LEAVE_OUT, kind }
}

/** An `iscrowd` is a whole number, or true or false. */
export function iscrowdFault(iscrowd: unknown): Fault | undefined {
  if (typeof iscrowd === 'boolean' || Number.isInteger(iscrowd)) return undefined
  const fix = 'give it 0 or 1'
  if (isAbsent(iscrowd)) return { what: 'has no iscrowd', fix, kind: 'without an iscrowd' }
  return { what: `has an iscrowd of ${show(iscrowd)}`, fix, kind: 'with an unusable iscrowd' }
}

/** A segmentation of none of the forms that masks have. */
export function noMaskFault(segmentation: unknown): Fault {
  let what = `has the segmentation ${show(segmentation)}`
  if (isAbsent(segmentation)) what = 'has no segmentation'
  else if (isEmptyMask(segmentation)) what = 'has an empty segmentation'
  return { what, fix: 'give it polygons or run lengths { size, counts }', kind: 'without a mask' }
}

/** `[]` or `[[]]`, which some tools write for objects that have no mask. */
export function isEmptyMask(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  return value.every((entry) => isList(entry) && entry.length === 0)
}

/** A file may write null for what it leaves out. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

const MAX_LETTERS = 100

/**
 * `JSON.stringify`, but with NaN, Infinity and long ids as they stand, and cut where it is long.
 */
export function show(value: unknown): string {
  const text = shown(value)
  return text.length > MAX_LETTERS ? `${text.slice(0, MAX_LETTERS)}...` : text
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, MAX_LETTERS).map(shown).join(', ')}]`
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return JSON.stringify(value) ?? String(value)
}

function article(key: string): string {
  return /^[aeiou]/.test(key) ? `an ${key}` : `a ${key}`
}
