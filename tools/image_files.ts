import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import sharp from 'sharp'
import { decodeImage } from '../datasets/image.js'
import type { RgbImage } from '../drawing/index.js'
import { DataError } from '../errors.js'

/** What is taken from a folder; a file that is named itself may be of any type that sharp reads. */
const EXTENSIONS = /\.(jpe?g|jpe|jfif|png|webp|tiff?|gif|avif)$/i

/** An image that nothing came of. */
export interface FailedImage {
  file: string
  /** A sentence that names the file. */
  reason: string
}

export interface FoundImages {
  /** In the order of the paths, those of a folder by name. */
  files: string[]
  /** Paths that stand for no image. */
  failed: FailedImage[]
  /** A sentence for each folder with files that are no images. */
  skipped: string[]
}

/**
 * The image files that paths name, a folder naming all that lie in it. Hidden files are passed over, as are the `._`
 * files that macOS puts beside others.
 *
 * @throws DataError where none of the paths gives an image.
 */
export async function imageFiles(paths: readonly string[]): Promise<FoundImages> {
  const found: FoundImages = { files: [], failed: [], skipped: [] }
  let first: DataError | undefined
  for (const path of paths) {
    try {
      const { files, skipped } = await filesAt(path)
      found.files.push(...files)
      if (skipped !== undefined) found.skipped.push(skipped)
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      first ??= error
      found.failed.push({ file: path, reason: error.message })
    }
  }
  if (first && found.files.length === 0) throw first
  return found
}

async function filesAt(path: string): Promise<{ files: string[]; skipped?: string }> {
  const listed = await namesAt(path)
  if (listed === undefined) return { files: [path] }
  const visible = listed.filter((name) => !name.startsWith('.')).sort()
  const files: string[] = []
  const others: string[] = []
  for (const name of visible) {
    const file = join(path, name)
    const isImage = EXTENSIONS.test(name) && !(await isFolder(file))
    if (isImage) files.push(file)
    else others.push(name)
  }
  if (files.length === 0) {
    throw new DataError(path, 'holds no image', 'give a folder with JPEG, PNG, WebP or TIFF files')
  }
  return { files, skipped: others.length > 0 ? skippedLine(path, others) : undefined }
}

/** At most this many names of skipped files are listed. */
const SHOWN = 3

function skippedLine(folder: string, names: readonly string[]): string {
  const list = names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ', ...' : '')
  const count = names.length === 1 ? '1 entry is' : `${names.length} entries are`
  return `${folder}: ${count} skipped, being no image file by name (${list})`
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

/** The names in a folder; undefined for what is none. */
async function namesAt(path: string): Promise<string[] | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await readdir(path) : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new DataError(path, 'no such image', 'give an image file or a folder of them')
    }
    throw new DataError(path, `cannot be read (${code})`, 'check its permissions')
  }
}

/**
 * Reads an image of any size as data sets are read: without its EXIF orientation and its alpha, gray repeated.
 * One that cannot be read is a `DataError`.
 */
export async function readPicture(file: string): Promise<RgbImage> {
  const { width, height } = await sizeOf(file)
  return { data: await decodeImage(file, [height, width]), width, height }
}

async function sizeOf(file: string): Promise<{ width: number; height: number }> {
  try {
    return await sharp(file).metadata()
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n')[0] : String(error)
    const fix = 'give a file such as a JPEG or PNG, whole'
    throw new DataError(file, `is no image that can be read (${reason})`, fix)
  }
}

/**
 * Names for what is made of each file, without an extension: those of the files, told apart by numbers.
 *
 * @param suffixes what is put behind the name of a file for each thing that is made of it.
 */
export function outputNames(
  files: readonly string[],
  suffixes: readonly string[] = [''],
): string[] {
  const taken = new Set<string>()
  return files.map((file) => {
    const { name } = parse(file)
    const isTaken = (name: string) => suffixes.some((suffix) => taken.has(name + suffix))
    let unique = name
    for (let copy = 2; isTaken(unique); copy++) unique = `${name}_${copy}`
    for (const suffix of suffixes) taken.add(unique + suffix)
    return unique
  })
}
