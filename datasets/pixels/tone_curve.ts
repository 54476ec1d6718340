import { blankPicture, type RgbPicture } from './rgb.js'

/** What each of the 256 values of a channel becomes. */
export type ToneCurve = Uint8Array

/** The curve of a formula, whose values are cut to whole numbers and limited to 0 to 255. */
export function toneCurve(formula: (value: number) => number): ToneCurve {
  return Uint8Array.from({ length: 256 }, (_, value) =>
    Math.max(0, Math.min(255, Math.trunc(formula(value)))),
  )
}

/** Maps the values of the three channels, each by its curve. */
export function mapTones(
  { pixels, size }: RgbPicture,
  [red, green, blue]: readonly [ToneCurve, ToneCurve, ToneCurve],
): RgbPicture {
  const mapped = blankPicture(size)
  const values = mapped.pixels
  for (let i = 0; i < pixels.length; i += 3) {
    values[i] = red[pixels[i]]
    values[i + 1] = green[pixels[i + 1]]
    values[i + 2] = blue[pixels[i + 2]]
  }
  return mapped
}

/** How many pixels have each value of red, green and blue: three times 256 counts. */
export function toneCounts({
  pixels,
}: RgbPicture): [red: Uint32Array, green: Uint32Array, blue: Uint32Array] {
  const [red, green, blue] = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)]
  for (let i = 0; i < pixels.length; i += 3) {
    red[pixels[i]]++
    green[pixels[i + 1]]++
    blue[pixels[i + 2]]++
  }
  return [red, green, blue]
}
