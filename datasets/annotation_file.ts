import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { DataError } from '../errors.js'
import type { AnnotationRows } from '../packages/pycocotools-js/source/annotations/annotation_rows.js'
import type { KeptRules } from '../packages/pycocotools-js/source/annotations/annotation_rules.js'
import { readAnnotations } from '../packages/pycocotools-js/source/annotations/read_annotations.js'
import { CocoError } from '../packages/pycocotools-js/source/errors.js'
import type { CocoDataset as Json } from '../packages/pycocotools-js/source/types.js'
import { columnsPath } from './column_cache.js'

/** An object of a list, with any keys. */
export type Entry = { readonly id?: unknown }

/** An annotation file as it was read: that its lists are there is all that is known of them. */
export interface AnnotationFile {
  /** All that it holds but its annotations. */
  dataset: Json
  images: readonly Entry[]
  categories: readonly Entry[]
  /** The annotations. */
  rows: AnnotationRows
  /**
   * The rules that all annotations are known to keep, with the images and categories of the file.
   */
  keptRules: KeptRules
  /** Sentences on its cache. */
  notes: string[]
}

/**
 * Reads an annotation file of any size.
 *
 * @param cache the folder that keeps the columns of large ones, or false. @default the user's
 *   cache folder
 */
export async function readAnnotationFile(
  file: string,
  { cache }: { cache?: string | false } = {},
): Promise<AnnotationFile> {
  const path = await columnsPath(file, await sizeOf(file), cache)
  const { dataset, rows, hasAnnotations, keptRules = 'none', columns } = await read(file, path)
  for (const [key, isThere] of Object.entries({
    images: dataset.images !== undefined,
    annotations: hasAnnotations,
    categories: dataset.categories !== undefined,
  })) {
    if (isThere) continue
    throw new DataError(file, `has no list '${key}'`, 'give a COCO annotation file (instances)')
  }
  const images = dataset.images ?? []
  const categories = dataset.categories ?? []
  const notes =
    columns?.fault === undefined
      ? []
      : [`the cache ${path} ${columns.fault}; the annotation file itself was read`]
  return { dataset, images, categories, rows, keptRules, notes }
}

async function read(file: string, columns: string | undefined) {
  try {
    return await readAnnotations(file, { columns })
  } catch (error) {
    throw error instanceof CocoError ? DataError.of(error.message) : error
  }
}

/** Size of a file, bytes. */
async function sizeOf(file: string): Promise<number> {
  const fix = 'set annFile of data.train or data.val to a COCO annotation file'
  let stats: Stats
  try {
    stats = await stat(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`
    throw new DataError(file, what, fix)
  }
  if (stats.isDirectory()) throw new DataError(file, 'is a folder', fix)
  return stats.size
}
