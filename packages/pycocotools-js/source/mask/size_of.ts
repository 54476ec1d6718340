import { MaskFault } from './mask_fault.js'
import type { Segmentation } from './segmentation.js'
import { showValue } from './show_value.js'

/** Run lengths and places in a mask are kept in 32 bits. */
export const MAX_PIXELS = 2 ** 32 - 1

/** @returns `[height, width]`: the image's for polygons, else the mask's own. */
export function sizeOf(
  segmentation: Segmentation,
  imageSize: readonly [number, number],
): readonly [number, number] {
  return 'polygons' in segmentation ? imageSize : segmentation.size
}

/**
 * Checks `[height, width]`. Further entries are not looked at, as in pycocotools.
 *
 * @returns height times width.
 */
export function countPixels(size: ArrayLike<unknown>): number {
  const height = size?.[0]
  const width = size?.[1]
  if (isLength(height) && isLength(width) && height * width <= MAX_PIXELS) return height * width
  throw new MaskFault(
    `has the size ${showValue(size)}`,
    'a size is [height, width], whole numbers, with fewer than 2^32 pixels in all',
  )
}

function isLength(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_PIXELS
}
