import { blendValue } from './blend.js'
import { blankPicture, type RgbPicture } from './rgb.js'
import { mapTones, toneCurve } from './tone_curve.js'

/**
 * Makes a picture darker or brighter.
 *
 * Source: as `ImageEnhance.Brightness` of Pillow, to the bit.
 *
 * @param factor 0 gives black, 1 the same picture, 2 one twice as bright.
 */
export function adjustBrightness(picture: RgbPicture, factor: number): RgbPicture {
  return blendWithTone(picture, 0, factor)
}

/**
 * Moves all values away from the mean brightness, or towards it.
 *
 * Source: as `ImageEnhance.Contrast` of Pillow, to the bit.
 *
 * @param factor 0 gives the mean brightness everywhere, 1 the same picture, 2 twice the contrast.
 */
export function adjustContrast(picture: RgbPicture, factor: number): RgbPicture {
  const { pixels } = picture
  let sum = 0
  for (let i = 0; i < pixels.length; i += 3) sum += luma(pixels[i], pixels[i + 1], pixels[i + 2])
  return blendWithTone(picture, Math.trunc(sum / (pixels.length / 3) + 0.5), factor)
}

/**
 * Makes colours paler or stronger; torchvision calls it saturation.
 *
 * Source: as `ImageEnhance.Color` of Pillow, to the bit.
 *
 * @param factor 0 gives a grey picture, 1 the same one, 2 colours twice as strong.
 */
export function adjustColor({ pixels, size }: RgbPicture, factor: number): RgbPicture {
  const adjusted = blankPicture(size)
  const values = adjusted.pixels
  const rounded = Math.fround(factor)
  for (let i = 0; i < pixels.length; i += 3) {
    const grey = luma(pixels[i], pixels[i + 1], pixels[i + 2])
    values[i] = blendValue(grey, pixels[i], rounded)
    values[i + 1] = blendValue(grey, pixels[i + 1], rounded)
    values[i + 2] = blendValue(grey, pixels[i + 2], rounded)
  }
  return adjusted
}

function blendWithTone(picture: RgbPicture, tone: number, factor: number): RgbPicture {
  const rounded = Math.fround(factor)
  const curve = toneCurve((value) => blendValue(tone, value, rounded))
  return mapTones(picture, [curve, curve, curve])
}

/** Brightness of a colour by ITU-R BT.601, whole, with weights of 16 fraction bits. */
function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
}
