import { DataError } from '../errors.js'
import type { CocoOptions } from './coco_options.js'
import { isTurned, shownSize } from './exif.js'
import { readHeaders } from './exif_counts.js'
import type { Faults } from './faults.js'
import type { DataCounts } from './left_out.js'
import { findPictures } from './picture_paths.js'
import { isAbsent, type SoundImage } from './sound_entries.js'
import { tallyUp } from './tally.js'

/** An image with the path of its picture, and a size. */
export interface LocatedImage extends SoundImage {
  file: string
  width: number
  height: number
}

export interface Finds {
  faults: Faults
  counts: DataCounts
}

/**
 * Finds the pictures of images, and in their headers the sizes that the file leaves out. Where
 * entries that cannot be used are dropped, images without a picture are.
 *
 * @returns the images, and whether all their pictures are there.
 * @param images get their paths and sizes themselves: copies of 100,000 take longer than finding
 *   their pictures.
 */
export async function locateImages(
  images: readonly SoundImage[],
  options: CocoOptions,
  finds: Finds,
): Promise<{ images: LocatedImage[]; arePresent: boolean }> {
  const { notes, images: counts } = finds.counts
  const { pictures, repairs, missing } = findPictures(
    images.map(({ file_name }) => file_name),
    options.imageDir,
  )
  notes.push(...repairs)
  const located: LocatedImage[] = []
  const sizeless: LocatedImage[] = []
  for (const [i, image] of images.entries()) {
    const { path, reading } = pictures[i]
    if (options.invalid === 'drop' && reading === 'missing') {
      tallyUp(counts.leftOut, 'without a picture', image.id)
      continue
    }
    const { width, height } = image
    const entry = image as LocatedImage
    entry.file = path
    entry.width = width ?? 0
    entry.height = height ?? 0
    located.push(entry)
    if (isAbsent(width) || isAbsent(height)) sizeless.push(entry)
  }
  const unusable = await fillSizes(sizeless, options, finds)
  const usable = unusable.size === 0 ? located : located.filter((image) => !unusable.has(image))
  return { images: usable, arePresent: missing.length === 0 }
}

/** @returns those whose pictures have no known size. */
async function fillSizes(
  images: readonly LocatedImage[],
  { exif = 'auto', maxPixels }: CocoOptions,
  { faults, counts }: Finds,
): Promise<ReadonlySet<LocatedImage>> {
  const unusable = new Set<LocatedImage>()
  const headers = await readHeaders(
    images.map(({ file }) => file),
    { maxPixels },
  )
  for (const [i, image] of images.entries()) {
    const header = headers[i]
    if (header instanceof DataError) {
      unusable.add(image)
      const subject = `image ${JSON.stringify(image.id)}`
      const what = 'has no width and height, and its picture gives none'
      const fault = { subject, what, fix: header.message, kind: 'without a size' }
      faults.addOrDrop(fault, counts.images.leftOut, image.id)
    } else {
      const size = isTurned(header, undefined, exif) ? shownSize(header) : header.size
      ;[image.height, image.width] = size
      tallyUp(counts.images.defaults, 'without width and height, read from the picture', image.id)
    }
  }
  return unusable
}
