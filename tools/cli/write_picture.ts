import { encodeJpeg } from '../../drawing/encode_image.js'
import type { RgbImage } from '../../drawing/rgb_image.js'
import { requireWritable, writeOutput } from './output_file.js'

/**
 * Writes a JPEG file, and its folder where needed; a path that cannot be written is a `DataError`.
 */
export async function writePicture(path: string, image: RgbImage): Promise<void> {
  await requireWritable(path)
  writeOutput(path, await encodeJpeg(image))
}

/** A part of a file name: other signs than letters, digits, dots and dashes become `_`. */
export function fileNamePart(text: string): string {
  return text.replace(/[^\p{L}\p{N}.-]+/gu, '_')
}
