import { type WarpOptions, warpAffine } from './affine.js'
import type { RgbPicture } from './rgb.js'

/**
 * Shears a picture along its rows; the upper edge stays.
 *
 * Source: as `shear_x` of timm.
 *
 * @param factor columns that a row is moved to the left of the row above it.
 */
export function shearX(picture: RgbPicture, factor: number, options: WarpOptions): RgbPicture {
  return warpAffine(picture, [1, factor, 0, 0, 1, 0], options)
}

/**
 * Shears a picture along its columns; the left edge stays.
 *
 * Source: as `shear_y` of timm.
 *
 * @param factor rows that a column is moved upwards from the column to its left.
 */
export function shearY(picture: RgbPicture, factor: number, options: WarpOptions): RgbPicture {
  return warpAffine(picture, [1, 0, 0, factor, 1, 0], options)
}
