import { type WarpOptions, warpAffine } from './affine.js'
import { blankPicture, type RgbPicture } from './rgb.js'

/**
 * Turns a picture around its middle; the size stays, and corners are cut off.
 *
 * Source: as `Image.rotate` of Pillow without `expand`, to the bit.
 *
 * @param degrees counter-clockwise.
 */
export function rotate(picture: RgbPicture, degrees: number, options: WarpOptions): RgbPicture {
  const [height, width] = picture.size
  const angle = degrees - Math.floor(degrees / 360) * 360
  if (angle === 0) return picture
  if (angle === 180) return halfTurn(picture)
  if (angle % 180 === 90 && height === width) return quarterTurn(picture, angle === 90)
  const radians = -angle * (Math.PI / 180)
  const cosine = rounded(Math.cos(radians))
  const sine = rounded(Math.sin(radians))
  const [x, y] = [width / 2, height / 2]
  const left = cosine * -x + sine * -y + x
  const top = -sine * -x + cosine * -y + y
  return warpAffine(picture, [cosine, sine, left, -sine, cosine, top], options)
}

/** To 15 decimals, as Pillow does it to have zeros where they belong. */
function rounded(value: number): number {
  return Number(value.toFixed(15))
}

function halfTurn({ pixels, size }: RgbPicture): RgbPicture {
  const turned = blankPicture(size)
  const last = pixels.length / 3 - 1
  for (let i = 0; i <= last; i++) copyPixel(pixels, i, turned.pixels, last - i)
  return turned
}

function quarterTurn({ pixels, size }: RgbPicture, isCounterClockwise: boolean): RgbPicture {
  const turned = blankPicture(size)
  const [side] = size
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const to = isCounterClockwise ? (side - 1 - x) * side + y : x * side + side - 1 - y
      copyPixel(pixels, y * side + x, turned.pixels, to)
    }
  }
  return turned
}

function copyPixel(from: Uint8Array, source: number, to: Uint8Array, target: number): void {
  for (let channel = 0; channel < 3; channel++)
    to[target * 3 + channel] = from[source * 3 + channel]
}
