/** Annotation files kept as columns: what was read once need not be parsed again. */
import { ColumnFile, ColumnFileWriter, UnusableColumns } from '../columns/column_file.js'
import { fingerprintOf } from '../columns/fingerprint.js'
import { isExactInJson, jsonOf, parseJson } from '../columns/json_section.js'
import { type NodeModules, nodeModules } from '../columns/node_modules.js'
import type { CocoDataset, CocoImage } from '../types.js'
import type { AnnotationFile, ColumnsUse } from './annotation_file.js'
import { type KeptRules, keptRules, RULES_VERSION } from './annotation_rules.js'
import { AnnotationTable } from './annotation_table.js'

/**
 * Reads the columns of an annotation file, or the file itself, whose columns are then written.
 *
 * Columns that cannot be read or written are no error: they save time, and nothing else.
 *
 * @param path of the columns.
 */
export async function readThroughColumns(
  source: string | URL,
  path: string,
  readSource: () => Promise<AnnotationFile>,
): Promise<AnnotationFile> {
  const modules = nodeModules()
  const fingerprint = modules && orUndefined(() => fingerprintOf(source, modules))
  // Which gives the error
  if (modules === undefined || fingerprint === undefined) return readSource()
  let fault: string | undefined
  try {
    return readColumns(path, fingerprint, modules)
  } catch (error) {
    fault = faultOf(error, 'read')
  }
  const file = await readSource()
  file.keptRules = keptRules(file)
  try {
    const writer = columnsOf(file, modules)
    if (orUndefined(() => fingerprintOf(source, modules)) !== fingerprint)
      throw new UnusableColumns('was not written, since the annotation file changed meanwhile')
    await writer.write(path, fingerprint)
  } catch (error) {
    fault = faultOf(error, 'written')
  }
  const use: ColumnsUse = { wereRead: false }
  if (fault !== undefined) use.fault = fault
  return { ...file, columns: use }
}

function readColumns(path: string, fingerprint: string, modules: NodeModules): AnnotationFile {
  const source = ColumnFile.open(path, fingerprint, modules)
  const rest = source.section('dataset')
  const { hasAnnotations, rules } = rest.about as unknown as AboutFile
  const dataset = parseJson(rest.bytes) as CocoDataset
  restoreImages(dataset, source)
  return {
    dataset,
    rows: AnnotationTable.restore(source),
    hasAnnotations,
    ...(rules.version === RULES_VERSION ? { keptRules: rules.kept } : {}),
    columns: { wereRead: true },
  }
}

interface AboutFile {
  hasAnnotations: boolean
  rules: { version: number; kept: KeptRules | undefined }
}

/** @throws UnusableColumns for what columns cannot keep. */
function columnsOf(file: AnnotationFile, modules: NodeModules): ColumnFileWriter {
  const { dataset, rows, hasAnnotations } = file
  if (!(rows instanceof AnnotationTable && isExactInJson(dataset)))
    throw new UnusableColumns('was not written, since it cannot keep NaN, -0 or an id past 2^53')
  const writer = new ColumnFileWriter(modules)
  const rules = { version: RULES_VERSION, kept: file.keptRules }
  const { images } = dataset
  writer.add('dataset', [jsonOf(images ? { ...dataset, images: [] } : dataset)], {
    hasAnnotations,
    rules,
  })
  saveImages(images ?? [], writer)
  rows.save(writer)
  return writer
}

/** Images a text holds: parsed piece by piece, those of COCO take no text of 30 MB. */
const IMAGES = 4096

const encoder = new TextEncoder()

type AboutImages = { lengths: number[]; isAscii: boolean }

function saveImages(images: readonly CocoImage[], writer: ColumnFileWriter): void {
  const texts: Uint8Array[] = []
  const about: AboutImages = { lengths: [], isAscii: true }
  for (let i = 0; i < images.length; i += IMAGES) {
    const text = JSON.stringify(images.slice(i, i + IMAGES))
    const bytes = encoder.encode(text)
    about.lengths.push(bytes.length)
    about.isAscii &&= bytes.length === text.length
    texts.push(bytes)
  }
  writer.add('images', texts, about, { isLazy: true })
}

function restoreImages(dataset: CocoDataset, source: ColumnFile): void {
  const section = source.section('images')
  const { lengths, isAscii } = section.about as AboutImages
  const bytes = new Uint8Array(Math.max(0, ...lengths))
  let start = 0
  for (const length of lengths) {
    const text = bytes.subarray(0, length)
    section.read(text, start)
    for (const image of parseJson(text, { isAscii }) as CocoImage[]) dataset.images!.push(image)
    start += length
  }
}

/**
 * @returns undefined for a file that is not there.
 * @throws what is no matter of files or sizes, where columns are written; of a file, anything may
 *   be wrong.
 */
function faultOf(error: unknown, what: 'read' | 'written'): string | undefined {
  if (error instanceof UnusableColumns) return error.message
  const { code, syscall, message } = error as NodeJS.ErrnoException
  const isOfSize = error instanceof RangeError // a text that is too long, or nested too deep
  if (what === 'written' && syscall === undefined && !isOfSize) throw error
  if (code === 'ENOENT' && what === 'read') return undefined
  return `could not be ${what} (${code ?? message})`
}

function orUndefined<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch {
    return undefined
  }
}
