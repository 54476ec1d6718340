/** Annotation files kept as columns: what was read once need not be parsed again. */
import { ColumnFile, ColumnFileWriter, UnusableColumns } from '../columns/column_file.js'
import { fingerprintOf } from '../columns/fingerprint.js'
import { isExactInJson, jsonOf, parseJson } from '../columns/json_section.js'
import { type NodeModules, nodeModules } from '../columns/node_modules.js'
import type { CocoDataset } from '../types.js'
import { type KeptRules, keptRules, RULES_VERSION } from './annotation_rules.js'
import { AnnotationTable } from './annotation_table.js'
import type { AnnotationFile, ColumnsUse } from './read_annotations.js'

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
  if (modules === undefined || fingerprint === undefined) return readSource() // which gives the error
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
  return {
    dataset: parseJson(rest.bytes) as CocoDataset,
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
  writer.add('dataset', [jsonOf(dataset)], { hasAnnotations, rules })
  rows.save(writer)
  return writer
}

/** @returns undefined for a file that is not there. @throws what is no matter of files or sizes. */
function faultOf(error: unknown, what: 'read' | 'written'): string | undefined {
  if (error instanceof UnusableColumns) return error.message
  const { code, syscall, message } = error as NodeJS.ErrnoException
  if (syscall === undefined && !(error instanceof RangeError)) throw error // such as a text that is too long
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
