import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import sharp from 'sharp'
import { decodeImage } from '../datasets/image.js'
import type { RgbImage } from '../drawing/index.js'
import { DataError } from '../errors.js'

/** What is taken from a folder; a file that is named itself may be of any type that sharp reads. */
const EXTENSIONS = /\.(jpe?g|png|webp|tiff?|gif|avif)$/i

/** The image files that paths name, a folder naming all that lie in it, in the order of their names. */
export async function imageFiles(paths: readonly string[]): Promise<string[]> {
  return (await Promise.all(paths.map(filesAt))).flat()
}

async function filesAt(path: string): Promise<string[]> {
  const listed = await namesAt(path)
  if (listed === undefined) return [path]
  const names = listed.filter((name) => EXTENSIONS.test(name)).sort()
  if (names.length > 0) return names.map((name) => join(path, name))
  throw new DataError(path, 'holds no image', 'give a folder with JPEG, PNG, WebP or TIFF files')
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
