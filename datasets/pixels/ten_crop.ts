import { centerCrop, crop, mirror } from './crop.js'
import type { RgbPicture } from './rgb.js'

/**
 * The four corners and the middle of a picture, and the same of its mirror image: upper left, upper
 * right, lower left, lower right, middle, and again.
 *
 * Source: as `TenCrop` of torchvision.
 *
 * @param size `[height, width]` of a part, at most the picture's.
 */
export function tenCrop(
  picture: RgbPicture,
  size: readonly [height: number, width: number],
): RgbPicture[] {
  const [height, width] = size
  const [rows, columns] = picture.size
  if (height > rows || width > columns) {
    throw new RangeError(
      `tenCrop: size is [${height}, ${width}], but the picture has [${rows}, ${columns}]; give a size within it`,
    )
  }
  return [...fiveCrops(picture, size), ...fiveCrops(mirror(picture), size)]
}

function fiveCrops(
  picture: RgbPicture,
  [height, width]: readonly [height: number, width: number],
): RgbPicture[] {
  const bottom = picture.size[0] - height
  const right = picture.size[1] - width
  return [
    crop(picture, { top: 0, left: 0, height, width }),
    crop(picture, { top: 0, left: right, height, width }),
    crop(picture, { top: bottom, left: 0, height, width }),
    crop(picture, { top: bottom, left: right, height, width }),
    centerCrop(picture, [height, width]),
  ]
}
