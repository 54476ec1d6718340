import { CocoError } from './errors.js'
import type { Id } from './types.js'

/**
 * Whether `value` can be an id: text, or a number that neighbours are not rounded to (within 2^53).
 */
export function isId(value: unknown): value is Id {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER
  return typeof value === 'string'
}

/** An id as it stands in the file: text in quotes. */
export function showId(id: unknown): string {
  return typeof id === 'string' ? JSON.stringify(id) : String(id) // a bigint by its digits
}

/**
 * Ascending: numbers by value, text by code point, as Python sorts them.
 *
 * @param where names the list in the error for a mixture, which has no order.
 */
export function sortIds(ids: readonly Id[], where: string): Id[] {
  const numbers = ids.filter((id) => typeof id === 'number')
  if (numbers.length === ids.length) return numbers.sort((a, b) => a - b)
  const texts = ids.filter((id) => typeof id === 'string')
  if (texts.length === ids.length) return texts.sort(compareByCodePoint)
  throw new CocoError(
    where,
    `mixes numbers such as ${numbers[0]} and text such as ${showId(texts[0])}, which have no common order`,
    'use one kind of id',
  )
}

/** Ascending and each once, as `numpy.unique` gives them. */
export function uniqueIds(ids: readonly Id[], where: string): Id[] {
  return sortIds([...new Set(ids)], where)
}

/**
 * `<` on text compares UTF-16 units, which puts U+1F600 before U+FFFD; Python compares code points.
 */
function compareByCodePoint(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i].codePointAt(0)! - right[i].codePointAt(0)!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
