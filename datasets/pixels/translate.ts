import { type WarpOptions, warpAffine } from './affine.js'
import type { RgbPicture } from './rgb.js'

/**
 * Moves a picture to the left.
 *
 * Source: as `translate_x_rel` of timm.
 *
 * @param share of the picture's width; less than 0 moves it to the right.
 */
export function translateX(picture: RgbPicture, share: number, options: WarpOptions): RgbPicture {
  return warpAffine(picture, [1, 0, share * picture.size[1], 0, 1, 0], options)
}

/**
 * Moves a picture upwards.
 *
 * Source: as `translate_y_rel` of timm.
 *
 * @param share of the picture's height; less than 0 moves it downwards.
 */
export function translateY(picture: RgbPicture, share: number, options: WarpOptions): RgbPicture {
  return warpAffine(picture, [1, 0, 0, 0, 1, share * picture.size[0]], options)
}
