import type { RgbPicture } from './rgb.js'
import { mapTones, type ToneCurve, toneCounts, toneCurve } from './tone_curve.js'

/**
 * Stretches each channel so that its least value becomes 0 and its largest 255, or 254 where
 * floats fall short. A channel of one value stays as it is.
 *
 * Source: as `ImageOps.autocontrast` of Pillow without a cutoff, to the bit.
 */
export function autoContrast(picture: RgbPicture): RgbPicture {
  const [red, green, blue] = toneCounts(picture)
  return mapTones(picture, [stretching(red), stretching(green), stretching(blue)])
}

function stretching(counts: Uint32Array): ToneCurve {
  const least = counts.findIndex((count) => count > 0)
  const largest = counts.findLastIndex((count) => count > 0)
  if (largest <= least) return toneCurve((value) => value)
  const scale = 255 / (largest - least)
  const offset = -least * scale
  return toneCurve((value) => value * scale + offset)
}
