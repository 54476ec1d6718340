import { stat } from 'node:fs/promises'
import { DataError } from '../errors.js'
import {
  type AnnotationRows,
  CocoError,
  type CocoDataset as Json,
  readAnnotations,
} from '../packages/pycocotools-js/source/index.js'

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
}

/** Reads an annotation file of any size. */
export async function readAnnotationFile(file: string): Promise<AnnotationFile> {
  await requireFile(file)
  const { dataset, rows, hasAnnotations } = await read(file)
  for (const [key, isThere] of Object.entries({
    images: dataset.images !== undefined,
    annotations: hasAnnotations,
    categories: dataset.categories !== undefined,
  })) {
    if (isThere) continue
    throw new DataError(file, `has no list '${key}'`, 'give a COCO annotation file (instances)')
  }
  return { dataset, images: dataset.images ?? [], categories: dataset.categories ?? [], rows }
}

async function read(file: string) {
  try {
    return await readAnnotations(file)
  } catch (error) {
    throw error instanceof CocoError ? DataError.of(error.message) : error
  }
}

async function requireFile(file: string): Promise<void> {
  const fix = 'set annFile of data.train or data.val to a COCO annotation file'
  let isFolder: boolean
  try {
    isFolder = (await stat(file)).isDirectory()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`
    throw new DataError(file, what, fix)
  }
  if (isFolder) throw new DataError(file, 'is a folder', fix)
}
