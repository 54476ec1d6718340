import { readdirSync } from 'node:fs'
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import { DataError } from '../errors.js'
import { boundedMap } from './bounded_map.js'
import { faultList } from './fault_list.js'
import { decodeImage, type ImageOptions } from './image.js'
import type { Sample } from './sample.js'

/** So many images are decoded: small data sets as a whole, of large ones a part. */
const DECODED = 200
/** Images decoded at a time. */
const CONCURRENCY = 8

/** What is known of an image before its file is opened. */
export type CheckedImage = Pick<Sample, 'file' | 'size'>

export interface CheckOptions extends ImageOptions {
  /** Whether all are known to be there: large folders are not listed again. @default false */
  arePresent?: boolean
}

/**
 * Refuses a data set with images that are missing, and with some that are broken or of another size
 * than annotated among the first 200: a run is better stopped before it starts than in its third
 * hour.
 *
 * @throws DataError whose lines name up to ten of the images, each with what is wrong with it.
 */
export async function checkImages(
  images: readonly CheckedImage[],
  { arePresent = false, ...options }: CheckOptions = {},
): Promise<void> {
  if (!arePresent) requirePresent(images)
  const decoded = images.slice(0, DECODED)
  const errors = await boundedMap(decoded, CONCURRENCY, async ({ file, size }) => {
    try {
      await decodeImage(file, size, options)
    } catch (error) {
      if (error instanceof DataError) return error
      throw error
    }
  })
  const faults = errors.filter((error) => error !== undefined)
  if (faults.length === 0) return
  if (faults.length === 1) throw faults[0]
  const part = decoded.length === images.length ? `${images.length}` : `the first ${decoded.length}`
  throw listError(
    `${faults.length} of ${part} images cannot be used; repair them, or leave them out`,
    faults.map(({ message }) => message),
  )
}

/** One look into each folder is faster than one at each file. */
function requirePresent(images: readonly CheckedImage[]): void {
  const namesIn = new Map<string, ReadonlySet<string> | undefined>()
  const missing = images.filter(({ file }) => {
    const folder = dirname(file)
    if (!namesIn.has(folder)) namesIn.set(folder, listFolder(folder))
    return !namesIn.get(folder)?.has(basename(file))
  })
  if (missing.length === 0) return
  const [{ file }] = missing
  const folder = dirname(file)
  if (namesIn.get(folder) === undefined) {
    const inIt = missing.filter((image) => dirname(image.file) === folder).length
    const all = `looked for ${inIt} of ${images.length} images, the first ${basename(file)}`
    throw new DataError(folder, `no such folder${placeOf(folder)}; ${all}`, IMAGE_DIR)
  }
  if (missing.length === 1) throw new DataError(file, `no such image${placeOf(file)}`, IMAGE_DIR)
  throw listError(
    `${missing.length} of ${images.length} images are missing; ${IMAGE_DIR}`,
    missing.map((image) => `${image.file}: no such image${placeOf(image.file)}`),
  )
}

const IMAGE_DIR = 'set imageDir of data.train or data.val to their folder'

/** Where a path leads that starts from the working directory. */
function placeOf(path: string): string {
  return isAbsolute(path) ? '' : ` (looked at ${resolve(path)})`
}

/** Undefined for a folder that is not there or cannot be read. */
function listFolder(folder: string): ReadonlySet<string> | undefined {
  try {
    return new Set(readdirSync(folder))
  } catch {
    return undefined
  }
}

/** A `DataError` of several lines: what they have in common, and one for each fault up to ten. */
function listError(first: string, faults: readonly string[]): DataError {
  return DataError.of(`${first}:${faultList(faults)}`)
}
