/** Checks that a data set, or results, are lists of objects with ids. */
import { CocoError } from '../errors.js'
import { isId } from '../ids.js'
import type { CocoDataset, Id } from '../types.js'
import { idFault, isAbsent } from './annotation_faults.js'
import type { AnnotationRows } from './annotation_rows.js'

/** A list of a data set, by id. Of two entries with one id, the last is found. */
export function indexById<T extends { id: Id }>(
  dataset: CocoDataset,
  key: string,
  where: string,
): Map<Id, T> {
  const index = new Map<Id, T>()
  for (const [i, entry] of listOf<T>(dataset, key, where).entries()) {
    const subject = `${key}[${i}]`
    checkObject(entry, subject, where)
    checkId(entry.id, 'id', subject, where)
    index.set(entry.id, entry)
  }
  return index
}

/** A list of a data set; empty where it has none. */
export function listOf<T>(dataset: CocoDataset, key: string, where: string): T[] {
  const list = dataset[key] ?? []
  if (!Array.isArray(list))
    throw new CocoError(where, `${key} is not an array`, `give it a list of ${key}`)
  return list
}

/** Checks that every annotation has the ids it needs. Its own has a default. */
export function checkIds(rows: AnnotationRows, hasCategories: boolean, where: string): void {
  for (let row = 0; row < rows.length; row++) {
    const isSound =
      isId(rows.id(row)) &&
      isId(rows.imageId(row)) &&
      (!hasCategories || isId(rows.categoryId(row)))
    if (isSound) continue
    const { id, image_id, category_id } = rows.at(row)
    const subject = `annotations[${row}]`
    if (!isAbsent(id)) checkId(id, 'id', subject, where)
    checkId(image_id, 'image_id', subject, where)
    checkId(category_id, 'category_id', subject, where)
  }
}

/** @param subject the entry's place in the file, such as `annotations[3]`. */
export function checkObject(entry: unknown, subject: string, where: string): void {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw new CocoError(where, `${subject} is not an object`, 'repair it or leave it out')
}

export function checkDataset(dataset: unknown, where: string): void {
  if (typeof dataset === 'object' && dataset !== null && !Array.isArray(dataset)) return
  throw new CocoError(
    where,
    'does not hold an object',
    'an annotation file is { images, annotations, categories }; a list of results goes second, or to loadRes',
  )
}

/** @param row its place in the list of annotations. */
export function checkAnnotation(annotation: unknown, row: number, where: string): void {
  checkObject(annotation, `annotations[${row}]`, where)
}

export function checkResults(results: unknown, where: string): void {
  if (!Array.isArray(results))
    throw new CocoError(where, 'does not hold an array', 'results are an array of objects')
}

/** @param row its place in the results. */
export function checkResult(result: unknown, row: number, where: string): void {
  if (typeof result !== 'object' || result === null || Array.isArray(result))
    throw new CocoError(where, `entry [${row}] is not an object`, 'results are an array of objects')
}

function checkId(id: unknown, key: string, subject: string, where: string): void {
  const fault = idFault(id, key)
  if (fault) throw new CocoError(where, `${subject} ${fault.what}`, fault.fix)
}
