import type { Color } from '../../drawing/palette.js'
import type { RgbImage } from '../../drawing/rgb_image.js'

/** A picture of one colour. */
export function blankImage(width: number, height: number, color: Color = [0, 0, 0]): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => color[i % 3])
  return { data, width, height }
}

/** The colour of one pixel. */
export function pixelAt({ data, width }: RgbImage, x: number, y: number): number[] {
  return Array.from(data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3))
}
