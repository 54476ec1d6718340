import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
import type { Id } from '../types.js'
import { show } from './annotation_faults.js'
import type { AnnotationRows } from './annotation_rows.js'
import type { RowIndex } from './row_index.js'

export type OneOrMany<T> = T | readonly T[]

/** An empty or missing list does not filter. */
export interface AnnotationFilter {
  imgIds?: OneOrMany<Id>
  catIds?: OneOrMany<Id>
  /** `[low, high]`, pixels, both ends excluded. */
  areaRng?: readonly number[]
  /** True or 1: crowds only; false or 0: all but crowds; null: both. */
  iscrowd?: boolean | number | null
}

/** Rows that pass every filter: image by image in the order of `imgIds`, else in file order. */
export function filterRows(
  { imgIds = [], catIds = [], areaRng = [], iscrowd = null }: AnnotationFilter,
  rows: AnnotationRows,
  index: RowIndex,
  where: string,
): Int32Array {
  const images = listed(imgIds)
  const categories = new Set(listed(catIds))
  let found =
    images.length > 0 ? joined(images.map((id) => index.rowsOf(id))) : firstNumbers(rows.length)
  if (categories.size > 0)
    found = found.filter((row) => {
      const categoryId = rows.categoryId(row)
      if (categoryId === undefined) requireKey(rows, row, 'category_id', where)
      return categories.has(categoryId!)
    })
  if (areaRng.length > 0)
    found = found.filter((row) => {
      const area = rows.area(row)
      if (Number.isNaN(area)) requireKey(rows, row, 'area', where)
      return area > areaRng[0] && area < areaRng[1]
    })
  if (iscrowd !== null) found = found.filter((row) => rows.iscrowd(row) === Number(iscrowd))
  return found
}

export function listed<T extends Id>(values: OneOrMany<T>): readonly T[] {
  return Array.isArray(values) ? values : [values as T]
}

/** @throws CocoError where the annotation lacks the key. */
function requireKey(
  rows: AnnotationRows,
  row: number,
  key: 'category_id' | 'area',
  where: string,
): void {
  const value = rows.at(row)[key]
  const subject = `annotation ${showId(rows.id(row))}`
  if (key === 'area' && value !== undefined && typeof value !== 'number')
    throw new CocoError(
      where,
      `${subject} has an area of ${show(value)}`,
      'give it a number, or do not filter by it',
    )
  if (value !== undefined) return
  throw new CocoError(where, `${subject} has no ${key}`, 'give it one, or do not filter by it')
}

function firstNumbers(count: number): Int32Array {
  const numbers = new Int32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  return numbers
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let end = 0
  for (const part of parts) {
    all.set(part, end)
    end += part.length
  }
  return all
}
