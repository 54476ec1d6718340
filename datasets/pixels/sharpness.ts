import { blendValue } from './blend.js'
import { blankPicture, type RgbPicture } from './rgb.js'

/**
 * Blurs or sharpens a picture, but its outermost pixels.
 *
 * Source: as `ImageEnhance.Sharpness` of Pillow, to the bit.
 *
 * @param factor 0 gives a smoothed picture, 1 the same one, 2 a sharpened one.
 */
export function adjustSharpness(picture: RgbPicture, factor: number): RgbPicture {
  const { pixels, size } = picture
  const [height, width] = size
  const rounded = Math.fround(factor)
  const adjusted = blankPicture(size)
  const values = adjusted.pixels
  values.set(pixels)
  const line = width * 3
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * line + 3; i < (y + 1) * line - 3; i++) {
      values[i] = blendValue(smoothed(pixels, i, line), pixels[i], rounded)
    }
  }
  return adjusted
}

/**
 * Mean of a value, which counts five times, and its eight neighbours. Its rounded value is that of
 * Pillow's 32-bit floats: a sum of whole numbers by 13 is never close to a half.
 */
function smoothed(pixels: Uint8Array, i: number, line: number): number {
  const above = pixels[i - line - 3] + pixels[i - line] + pixels[i - line + 3]
  const beside = pixels[i - 3] + 5 * pixels[i] + pixels[i + 3]
  const below = pixels[i + line - 3] + pixels[i + line] + pixels[i + line + 3]
  return Math.trunc((above + beside + below) / 13 + 0.5)
}
