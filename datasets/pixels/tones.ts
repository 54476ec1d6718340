import type { RgbPicture } from './rgb.js'
import { mapTones, type ToneCurve, toneCurve } from './tone_curve.js'

/**
 * The negative of a picture.
 *
 * Source: as `ImageOps.invert` of Pillow, to the bit.
 */
export function invert(picture: RgbPicture): RgbPicture {
  return mapTones(picture, thrice(toneCurve((value) => 255 - value)))
}

/**
 * Keeps the highest bits of each value.
 *
 * Source: as `ImageOps.posterize` of Pillow, to the bit.
 *
 * @param bits how many, 0 to 8: 0 gives a black picture, 8 the same one.
 */
export function posterize(picture: RgbPicture, bits: number): RgbPicture {
  const mask = 256 - 2 ** (8 - bits)
  return mapTones(picture, thrice(toneCurve((value) => value & mask)))
}

/**
 * Inverts the values from a threshold on.
 *
 * Source: as `ImageOps.solarize` of Pillow, to the bit.
 *
 * @param threshold 0 to 256: 0 inverts all values, 256 none.
 */
export function solarize(picture: RgbPicture, threshold: number): RgbPicture {
  const solarized = (value: number) => (value < threshold ? value : 255 - value)
  return mapTones(picture, thrice(toneCurve(solarized)))
}

/**
 * Adds to the values below 128, up to 255.
 *
 * Source: as `solarize_add` of timm, to the bit.
 *
 * @param added whole, 0 to 128.
 */
export function solarizeAdd(picture: RgbPicture, added: number): RgbPicture {
  const brightened = (value: number) => (value < 128 ? value + added : value)
  return mapTones(picture, thrice(toneCurve(brightened)))
}

function thrice(curve: ToneCurve): [ToneCurve, ToneCurve, ToneCurve] {
  return [curve, curve, curve]
}
