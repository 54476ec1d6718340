import { DataError } from '../errors.js'
import { boundedMap } from './bounded_map.js'
import { type ImageHeader, isTurned } from './exif.js'
import type { ImageOptions } from './image.js'
import { type LimitOptions, readHeader, readTurnedHeader } from './image_header.js'

/** Headers read at a time. */
const CONCURRENCY = 8

/** An image whose `[height, width]` the annotations may have. */
export interface AnnotatedImage {
  file: string
  size?: readonly [number, number]
}

/** How images are read, by their files. */
export interface ExifCounts {
  total: number
  /** Files of images that their EXIF orientation turns. */
  turned: string[]
  /** Files of images with an EXIF orientation that are read as they are stored. */
  asStored: string[]
  /** Files without a header that can be read. */
  unreadable: string[]
}

/**
 * Headers of image files, a few at a time.
 *
 * @returns for each file, in their order, its header, or the error of one that has none.
 */
export function readHeaders(
  files: readonly string[],
  limit: LimitOptions = {},
): Promise<(ImageHeader | DataError)[]> {
  return boundedMap(files, CONCURRENCY, (file) => orDataError(readHeader(file, limit)))
}

/** Sorts images by what `decodeImage` makes of their EXIF orientation, by their headers alone. */
export async function countExif(
  images: readonly AnnotatedImage[],
  { exif = 'auto', ...limit }: ImageOptions = {},
): Promise<ExifCounts> {
  const headers = await boundedMap(images, CONCURRENCY, ({ file }) =>
    orDataError(readTurnedHeader(file, limit)),
  )
  const counts: ExifCounts = { total: images.length, turned: [], asStored: [], unreadable: [] }
  for (const [i, header] of headers.entries()) {
    const { file, size } = images[i]
    if (header === undefined) continue
    if (header instanceof DataError) counts.unreadable.push(file)
    else if (isTurned(header, size, exif)) counts.turned.push(file)
    else counts.asStored.push(file)
  }
  return counts
}

async function orDataError<Result>(result: Promise<Result>): Promise<Result | DataError> {
  try {
    return await result
  } catch (error) {
    if (error instanceof DataError) return error
    throw error
  }
}

/**
 * A sentence for the images that are turned, and one for those that are not though EXIF would
 * turn them.
 */
export function exifLines({ total, turned, asStored }: ExifCounts): string[] {
  const line = (files: readonly string[], what: string) =>
    files.length === 0
      ? []
      : [
          `EXIF orientation: ${files.length} of ${total} images ${files.length === 1 ? 'is' : 'are'} ${what} (data.exif; first: ${files[0]})`,
        ]
  return [
    ...line(turned, 'turned by it, as viewers show them'),
    ...line(asStored, 'read as stored, not as viewers show them'),
  ]
}
