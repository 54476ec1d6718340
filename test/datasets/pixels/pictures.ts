import { createHash } from 'node:crypto'
import { blankPicture, type RgbPicture } from '../../../datasets/pixels/rgb.js'
import { Random } from '../../../random/random.js'

/** A picture of given numbers, three for each pixel, row by row. */
export function pictureOf(size: readonly [number, number], pixels: readonly number[]): RgbPicture {
  return { size, pixels: Uint8Array.from(pixels) }
}

/** A grey picture of given numbers, one for each pixel. */
export function greyPicture(rows: readonly (readonly number[])[]): RgbPicture {
  const pixels = rows.flat().flatMap((value) => [value, value, value])
  return pictureOf([rows.length, rows[0].length], pixels)
}

/** The red values of a picture, row by row. */
export function redRows({ size, pixels }: RgbPicture): number[][] {
  const [height, width] = size
  const rows = Array.from({ length: height }, (_, y) => y * width)
  return rows.map((start) => Array.from({ length: width }, (_, x) => pixels[(start + x) * 3]))
}

/** A picture of random colours. */
export function noisyPicture(size: readonly [number, number], seed = 0): RgbPicture {
  const picture = blankPicture(size)
  const random = new Random(seed, 'noisy picture')
  picture.pixels.forEach((_, i) => {
    picture.pixels[i] = random.integer(256)
  })
  return picture
}

/** A picture by a formula that the fixtures' is, too. */
export function patternedPicture(size: readonly [number, number]): RgbPicture {
  const picture = blankPicture(size)
  for (let i = 0; i < picture.pixels.length; i++) {
    const channel = i % 3
    const x = Math.floor(i / 3) % size[1]
    const y = Math.floor(i / 3 / size[1])
    picture.pixels[i] = Math.floor((x * x + 3 * y * y + (7 * x * y + 31) * (channel + 1)) / 4) % 256
  }
  return picture
}

/** The first 16 digits of SHA-256 of a picture's bytes. */
export function digestOf({ pixels }: RgbPicture): string {
  return createHash('sha256').update(pixels).digest('hex').slice(0, 16)
}
