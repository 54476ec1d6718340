import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { DataError } from '../errors.js'
import {
  type ExifMode,
  type ImageHeader,
  isJpeg,
  isSize,
  isTurned,
  mayHaveExif,
  shownSize,
} from './exif.js'
import { type LimitOptions, MAX_PIXELS, parseHeader } from './image_header.js'
import { openError, unreadableError } from './unreadable_image.js'

export interface ImageOptions extends LimitOptions {
  /**
   * Whether images are turned by their EXIF orientation: `apply`, as viewers, OpenCV and
   * mmdetection do; `ignore`, as torchvision does; `auto`, as viewers do, unless the annotated size
   * is that of the stored pixels alone. @default 'auto'
   */
  exif?: ExifMode
}

/**
 * Decodes an image file to `[height, width, 3]` RGB, 0 to 255.
 *
 * Colour profiles are ignored, gray is repeated, alpha is dropped. CMYK and 16-bit images are
 * converted. Of several frames or pages the first is taken.
 *
 * @param size `[height, width]` that the annotations promise. A file that is missing, broken, cut
 *   short, of too many pixels or of another size is a `DataError`.
 */
export async function decodeImage(
  file: string,
  size: readonly [number, number],
  { exif = 'auto', ...limit }: ImageOptions = {},
): Promise<Uint8Array> {
  const bytes = await readBytes(file)
  const header = await headerToAskFor(file, bytes, limit)
  const turned = header !== undefined && isTurned(header, size, exif)
  const image = await decode(file, bytes, { turned, ...limit })
  if (!isSize(image.size, size)) throw sizeError(file, image.size, { annotated: size, header })
  return image.pixels
}

/** An image as viewers show it: `pixels` as `decodeImage`, and their `[height, width]`. */
export async function decodeShown(
  file: string,
  limit: LimitOptions = {},
): Promise<{ pixels: Uint8Array; size: [number, number] }> {
  const bytes = await readBytes(file)
  await headerToAskFor(file, bytes, limit)
  return decode(file, bytes, { turned: true, ...limit })
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw openError(file, error)
  }
}

/**
 * A JPEG without EXIF is upright and of 8 bits, so that asking is spared: 3 % of the time of
 * decoding.
 */
async function headerToAskFor(
  file: string,
  bytes: Buffer,
  limit: LimitOptions,
): Promise<ImageHeader | undefined> {
  if (isJpeg(bytes) && !mayHaveExif(bytes)) return undefined
  return parseHeader(file, bytes, limit)
}

interface DecodeOptions extends LimitOptions {
  /** By its EXIF orientation. */
  turned: boolean
}

async function decode(
  file: string,
  bytes: Buffer,
  { turned, maxPixels = MAX_PIXELS }: DecodeOptions,
): Promise<{ pixels: Uint8Array; size: [number, number] }> {
  try {
    const stored = sharp(bytes, {
      failOn: 'truncated',
      ignoreIcc: true,
      limitInputPixels: maxPixels,
      unlimited: maxPixels > MAX_PIXELS,
    })
    const { data, info } = await (turned ? stored.autoOrient() : stored)
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { pixels: data, size: [info.height, info.width] }
  } catch (error) {
    await parseHeader(file, bytes, { maxPixels }) // says where an image is too large
    throw await unreadableError(file, bytes, error)
  }
}

/** Error of pixels that are of another size than annotated. */
function sizeError(
  file: string,
  size: readonly [number, number],
  { annotated, header }: { annotated: readonly [number, number]; header?: ImageHeader },
): DataError {
  const [is, as] = [size, annotated].map(([height, width]) => `${width} x ${height}`)
  if (header !== undefined && isSize(annotated, shownSize(header))) {
    return new DataError(
      file,
      `is ${is} pixels as stored, but annotated as ${as}, as its EXIF orientation ${header.orientation} turns it`,
      'set data.exif=auto, or data.exif=apply',
    )
  }
  if (header !== undefined && isSize(annotated, header.size)) {
    return new DataError(
      file,
      `is ${is} pixels as its EXIF orientation ${header.orientation} turns it, but annotated as ${as}, as stored`,
      'set data.exif=auto, or data.exif=ignore',
    )
  }
  return new DataError(
    file,
    `is ${is} pixels, but annotated as ${as}`,
    'use the image that was annotated',
  )
}
