import type { JsonSource } from '../json/byte_source.js'
import { OPEN_LIST, OPEN_OBJECT } from '../json/bytes_of_json.js'
import { JsonReader, type JsonReaderOptions } from '../json/json_reader.js'
import { setOwn } from '../json/value_reader.js'
import type { CocoDataset } from '../types.js'
import { readThroughColumns } from './annotation_columns.js'
import type { AnnotationFile } from './annotation_file.js'
import { AnnotationReader } from './annotation_reader.js'
import { AnnotationTable } from './annotation_table.js'
import {
  checkAnnotation,
  checkDataset,
  checkObject,
  checkResult,
  checkResults,
  listOf,
} from './check_dataset.js'

export interface LoadOptions {
  /** Names the file in errors. @default the path; `dataset` or `results` */
  name?: string
}

export interface ReadOptions extends LoadOptions {
  /**
   * A file that keeps the columns of the source, which is a path then: read where it is of the
   * source as it is now, else written. Node only. @default none
   */
  columns?: string | undefined
}

/**
 * Reads an annotation file of any size: its annotations into columns, the rest into objects.
 * `new COCO(file.dataset, name, file.rows)` goes on from there.
 *
 * @param source a path (Node 20.16 and later), a `URL`, a stream, `Blob`, `Response`, or the bytes.
 */
export async function readAnnotations(
  source: JsonSource,
  options: ReadOptions = {},
): Promise<AnnotationFile> {
  const name = nameOfSource(source, options, 'dataset')
  const { columns } = options
  const isPath = typeof source === 'string' || source instanceof URL
  if (columns === undefined || !isPath) return readJson(source, name)
  return readThroughColumns(source, columns, () => readJson(source, name))
}

function readJson(source: JsonSource, name: string): Promise<AnnotationFile> {
  return JsonReader.read(source, name, async (reader) => {
    if ((await reader.peek()) !== OPEN_OBJECT) checkDataset(await otherValue(reader), name)
    const dataset: CocoDataset = {}
    let table: AnnotationTable | undefined
    await reader.object(async (key) => {
      if (key === 'annotations') table = undefined // of two, the last counts
      if (key === 'annotations' && (await reader.peek()) === OPEN_LIST)
        table = await readTable(reader, name, checkAnnotation)
      else {
        const hasIds = key === 'images' || key === 'categories'
        const options = hasIds ? { readEntry: () => reader.values.readEntry() } : {}
        setOwn(dataset, key, await reader.value(options))
      }
    })
    if (table === undefined) listOf(dataset, 'annotations', name)
    delete dataset.annotations
    for (const key of ['images', 'categories'])
      for (const [i, entry] of listOf(dataset, key, name).entries())
        checkObject(entry, `${key}[${i}]`, name)
    return { dataset, rows: table ?? new AnnotationTable(), hasAnnotations: table !== undefined }
  })
}

/** How messages name a source. */
export function nameOfSource(source: JsonSource, { name }: LoadOptions, otherwise: string): string {
  if (name !== undefined) return name
  return typeof source === 'string' || source instanceof URL ? String(source) : otherwise
}

/** Reads a results file of any size into columns. */
export async function readResultFile(
  source: JsonSource,
  name: string,
  options?: JsonReaderOptions,
): Promise<AnnotationTable> {
  return JsonReader.read(
    source,
    name,
    async (reader) => {
      if ((await reader.peek()) !== OPEN_LIST) checkResults(await otherValue(reader), name)
      return readTable(reader, name, checkResult)
    },
    options,
  )
}

/**
 * What stands where something else is wanted; of a list or an object, which may be long, nothing is
 * read.
 */
async function otherValue(reader: JsonReader): Promise<unknown> {
  const first = await reader.peek()
  if (first === OPEN_LIST) return []
  return first === OPEN_OBJECT ? {} : reader.value()
}

/** Reads a list of annotations. @param check throws for an entry that is no object. */
async function readTable(
  reader: JsonReader,
  name: string,
  check: (entry: unknown, row: number, where: string) => void,
): Promise<AnnotationTable> {
  const { scanner, values } = reader
  const table = new AnnotationTable()
  const annotations = new AnnotationReader(scanner, values)
  await reader.list(() => {
    if (scanner.space() !== OPEN_OBJECT) {
      if (!values.read()) return false
      check(values.value, table.length, name)
    }
    if (!annotations.read()) return false
    table.append(annotations.staged)
    return true
  })
  return table
}
