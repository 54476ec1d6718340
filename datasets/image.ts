import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { DataError } from '../errors.js'

/**
 * Decodes an image file to `[height, width, 3]` RGB, 0 to 255.
 *
 * As OpenCV's `imread` for COCO: EXIF orientation and colour profiles are ignored, gray is repeated, alpha is
 * dropped. CMYK and 16-bit images are converted.
 *
 * @param size `[height, width]` that the annotations promise. A file that is missing, broken, cut short or
 *   of another size is a `DataError`.
 */
export async function decodeImage(
  file: string,
  [height, width]: readonly [number, number],
): Promise<Uint8Array> {
  const bytes = await readBytes(file)
  let image: Awaited<ReturnType<typeof toRgb>>
  try {
    image = await toRgb(bytes)
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n')[0] : String(error)
    throw new DataError(file, `is broken or cut short (${reason})`, 'copy the image again')
  }
  const { info } = image
  if (info.width !== width || info.height !== height) {
    throw new DataError(
      file,
      `is ${info.width} x ${info.height} pixels, but annotated as ${width} x ${height}`,
      'use the image that was annotated',
    )
  }
  return image.data
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    if (code === 'ENOENT') {
      throw new DataError(
        file,
        'no such image',
        'set imageDir of data.train or data.val to their folder',
      )
    }
    throw new DataError(file, `cannot be read (${String(code)})`, 'make it a readable file')
  }
}

function toRgb(bytes: Buffer) {
  return sharp(bytes, { failOn: 'truncated', ignoreIcc: true })
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
}
