import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { decodeShown } from '../../datasets/image.js'
import type { LimitOptions } from '../../datasets/image_header.js'
import { READABLE } from '../../datasets/unreadable_image.js'
import type { RgbImage } from '../../drawing/rgb_image.js'
import { DataError } from '../../errors.js'

/** What is taken from a folder; a file that is named itself may have any name. */
const EXTENSIONS = /\.(jpe?g|jpe|jfif|png|webp|tiff?|gif|avif)$/i
/** Images that are not read. */
const OTHER_FORMATS = /\.(bmp|dib|heic|heif|jp2|j2k|jxl|p[bgpn]m|psd|ico|tga|exr|dng|cr2|nef)$/i

/** An image that nothing came of. */
export interface FailedImage {
  file: string
  /** A sentence that names the file. */
  reason: string
}

export interface FoundImages {
  /** Files in the order of the paths, those of a folder by name. */
  files: string[]
  /** Paths that stand for no image. */
  failed: FailedImage[]
  /** A sentence for each folder with entries that are not taken. */
  skipped: string[]
}

/**
 * The image files that paths name, a folder naming all that lie in it. Hidden files are skipped,
 * such as the `._` files that macOS puts beside others, and so is what is no image by its name.
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
  const listed = await entriesAt(path)
  if (listed === undefined) return { files: [path] }
  const namesOf: Record<Kind, string[]> = {
    image: [],
    hidden: [],
    folder: [],
    format: [],
    other: [],
  }
  for (const entry of listed) namesOf[await kindOf(path, entry)].push(entry.name)
  for (const names of Object.values(namesOf)) names.sort()
  const files = namesOf.image.map((name) => join(path, name))
  const skipped = SKIPPED.flatMap(([kind, one, many]) => {
    const names = namesOf[kind]
    if (names.length === 0) return []
    const list = names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ', ...' : '')
    return [`${names.length} ${names.length === 1 ? one : many} (${list})`]
  }).join(', ')
  if (files.length === 0) {
    const what = skipped === '' ? 'holds no image' : `holds no image, but ${skipped}`
    throw new DataError(path, what, `give a folder with ${READABLE} files`)
  }
  return { files, skipped: skipped === '' ? undefined : `${path}: skipped ${skipped}` }
}

type Kind = 'image' | 'hidden' | 'folder' | 'format' | 'other'

/** What is passed over in a folder: what one is called, and several. */
const SKIPPED: readonly (readonly [kind: Kind, one: string, many: string])[] = [
  ['format', 'image in a format that is not supported', 'images in formats that are not supported'],
  ['hidden', 'hidden file', 'hidden files'],
  ['folder', 'folder', 'folders'],
  ['other', 'file that is no image by its name', 'files that are no images by their names'],
]

/** At most this many names of each kind are listed. */
const SHOWN = 3

async function kindOf(folder: string, entry: Dirent): Promise<Kind> {
  const { name } = entry
  if (name.startsWith('.')) return 'hidden'
  if (entry.isDirectory()) return 'folder'
  if (entry.isSymbolicLink() && (await isFolder(join(folder, name)))) return 'folder'
  if (EXTENSIONS.test(name)) return 'image'
  return OTHER_FORMATS.test(name) ? 'format' : 'other'
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

/** What lies in a folder; undefined for what is none. */
async function entriesAt(path: string): Promise<Dirent[] | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return undefined
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new DataError(path, 'no such image', 'give an image file or a folder of them')
    }
    throw new DataError(path, `cannot be read (${code})`, 'check its permissions')
  }
}

/**
 * Reads an image of any size as viewers show it: turned by its EXIF orientation, without its alpha,
 * gray repeated.
 */
export async function readPicture(file: string, limit?: LimitOptions): Promise<RgbImage> {
  const { pixels, size } = await decodeShown(file, limit)
  const [height, width] = size
  return { data: pixels, width, height }
}

/**
 * Names for what is made of each file, without an extension: those of the files, distinguished by
 * numbers.
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
