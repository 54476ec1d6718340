import type { JsonSource } from '../json/byte_source.js'
import { OPEN_LIST, OPEN_OBJECT } from '../json/bytes_of_json.js'
import { JsonReader, type JsonReaderOptions } from '../json/json_reader.js'
import { setOwn } from '../json/value_reader.js'
import type { CocoDataset } from '../types.js'
import { AnnotationReader } from './annotation_reader.js'
import { AnnotationTable } from './annotation_table.js'
import { checkAnnotation, checkDataset, checkResult, checkResults } from './check_dataset.js'

export interface AnnotationFile {
  /** All that the file holds but its list of annotations. */
  dataset: CocoDataset
  /** The annotations, if they are a list. */
  table: AnnotationTable | undefined
}

/** Reads an annotation file of any size: its annotations into columns, the rest into objects. */
export async function readAnnotationFile(
  source: JsonSource,
  name: string,
  options?: JsonReaderOptions,
): Promise<AnnotationFile> {
  return JsonReader.read(
    source,
    name,
    async (reader) => {
      if ((await reader.peek()) !== OPEN_OBJECT) checkDataset(await otherValue(reader), name)
      const file: AnnotationFile = { dataset: {}, table: undefined }
      await reader.object(async (key) => {
        if (key === 'annotations' && (await reader.peek()) === OPEN_LIST) {
          file.table = await readTable(reader, name, checkAnnotation)
          delete file.dataset.annotations // of two, the last counts
        } else setOwn(file.dataset, key, await reader.value())
      })
      return file
    },
    options,
  )
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

/** What stands where something else is wanted; of a list or an object, which may be long, nothing is read. */
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
