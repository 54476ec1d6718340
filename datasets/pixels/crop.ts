import { blankPicture, type Rectangle, type RgbPicture } from './rgb.js'

/** Part of a picture; what of it lies outside the picture is black. */
export function crop(picture: RgbPicture, part: Rectangle): RgbPicture {
  const [height, width] = picture.size
  const { top, left } = part
  const cropped = blankPicture([part.height, part.width])
  const firstColumn = Math.max(0, -left)
  const columns = Math.min(part.width, width - left) - firstColumn
  if (columns <= 0) return cropped
  for (let row = Math.max(0, -top); row < Math.min(part.height, height - top); row++) {
    const start = ((row + top) * width + left + firstColumn) * 3
    const pixels = picture.pixels.subarray(start, start + columns * 3)
    cropped.pixels.set(pixels, (row * part.width + firstColumn) * 3)
  }
  return cropped
}

/**
 * The middle of a picture, with a black border where the picture is smaller. Of an odd margin the
 * half above, or to the left, is the even one.
 *
 * Source: as `CenterCrop` of torchvision.
 */
export function centerCrop(
  picture: RgbPicture,
  [height, width]: readonly [number, number],
): RgbPicture {
  return crop(picture, {
    top: middleStart(picture.size[0], height),
    left: middleStart(picture.size[1], width),
    height,
    width,
  })
}

/** Where the middle of a side begins; a border is narrower at the start where it is odd. */
function middleStart(length: number, part: number): number {
  const margin = (length - part) / 2
  return margin < 0 ? Math.ceil(margin) : roundHalfToEven(margin)
}

/** Mirrors a picture from left to right. */
export function mirror({ pixels, size }: RgbPicture): RgbPicture {
  const mirrored = blankPicture(size)
  const [height, width] = size
  for (let y = 0; y < height; y++) {
    const row = y * width
    for (let x = 0; x < width; x++) {
      const from = (row + x) * 3
      const to = (row + width - 1 - x) * 3
      mirrored.pixels[to] = pixels[from]
      mirrored.pixels[to + 1] = pixels[from + 1]
      mirrored.pixels[to + 2] = pixels[from + 2]
    }
  }
  return mirrored
}

/** As Python's `round`: 0.5 and 2.5 become 0 and 2. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
