import type { RgbImage } from './rgb_image.js'

/** Pictures are enlarged until their longer side has so many pixels. */
const READABLE = 256

/**
 * A picture on which text can be read: one whose longer side is shorter than 256 pixels is enlarged
 * by a whole number, each pixel to a square; others are returned as they are.
 */
export function enlargeTiny(image: RgbImage): RgbImage {
  const factor = Math.ceil(READABLE / Math.max(image.width, image.height))
  if (factor <= 1) return image
  const [height, width] = [image.height * factor, image.width * factor]
  const data = new Uint8Array(height * width * 3)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) * image.width
    for (let x = 0; x < width; x++) {
      const from = 3 * (row + Math.floor(x / factor))
      data.set(image.data.subarray(from, from + 3), 3 * (y * width + x))
    }
  }
  return { data, width, height }
}
