import type { Random } from '../../random/random.js'
import { adjustBrightness, adjustColor, adjustContrast } from '../pixels/enhance.js'
import type { RgbPicture } from '../pixels/rgb.js'

/**
 * How far brightness, contrast and saturation may be from the picture's: a value x gives factors
 * from 1 - x, or 0, to 1 + x, each as likely.
 */
export interface ColorJitterOptions {
  /** @default 0, not changed */
  brightness?: number
  /** @default 0, not changed */
  contrast?: number
  /** @default 0, not changed */
  saturation?: number
}

const ADJUSTMENTS = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustColor,
} as const

/** One adjustment and its factor. */
export interface DrawnAdjustment {
  name: keyof typeof ADJUSTMENTS
  /** At least 0; 1 changes nothing. */
  factor: number
}

const NAMES = ['brightness', 'contrast', 'saturation'] as const

/**
 * Draws the adjustments of a picture, in a random order.
 *
 * Source: as torchvision's `ColorJitter`, without its hue.
 */
export function drawJitter(options: ColorJitterOptions, random: Random): DrawnAdjustment[] {
  const order = random.shuffle(NAMES)
  return order.flatMap((name) => {
    const range = options[name] ?? 0
    if (range === 0) return []
    const least = Math.max(0, 1 - range)
    return { name, factor: least + (1 + range - least) * random.uniform() }
  })
}

/** Adjusts a picture as it was drawn, one after the other. */
export function applyJitter(picture: RgbPicture, drawn: readonly DrawnAdjustment[]): RgbPicture {
  return drawn.reduce((adjusted, { name, factor }) => ADJUSTMENTS[name](adjusted, factor), picture)
}
