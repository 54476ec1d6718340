import type { RgbPicture } from './rgb.js'
import { mapTones, type ToneCurve, toneCounts, toneCurve } from './tone_curve.js'

/**
 * Spreads the values of each channel, so that about equally many pixels have each. A channel of one
 * value stays as it is, and so does one of fewer than 255 pixels that have not its largest value.
 *
 * Source: as `ImageOps.equalize` of Pillow, to the bit.
 */
export function equalize(picture: RgbPicture): RgbPicture {
  const [red, green, blue] = toneCounts(picture)
  return mapTones(picture, [spreading(red), spreading(green), spreading(blue)])
}

function spreading(counts: Uint32Array): ToneCurve {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const largest = counts.findLast((count) => count > 0) ?? 0
  const step = Math.floor((total - largest) / 255)
  if (step === 0) return toneCurve((value) => value)
  let below = Math.floor(step / 2)
  return toneCurve((value) => {
    const spread = Math.floor(below / step)
    below += counts[value]
    return spread
  })
}
