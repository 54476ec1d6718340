import type { BinaryMask } from '../packages/pycocotools-js/source/mask/rle.js'
import { blend, type Rect } from './paint.js'
import type { Color } from './palette.js'
import type { RgbImage } from './rgb_image.js'

/** Fills a mask half-transparent, and draws its edge `lineWidth` pixels inwards, at least one. */
export function paintMask(
  { data, width }: RgbImage,
  mask: BinaryMask,
  color: Color,
  { opacity, lineWidth }: { opacity: number; lineWidth: number },
): void {
  const { left, top, right, bottom } = boundsOf(mask)
  const edgeWidth = Math.max(1, lineWidth)
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (mask.data[y * width + x] === 0) continue
      blend(data, 3 * (y * width + x), color, isEdge(mask, x, y, edgeWidth) ? 1 : opacity)
    }
  }
}

/** True where a step of `lineWidth` to any of eight sides leaves the mask. */
function isEdge({ data, size }: BinaryMask, x: number, y: number, lineWidth: number): boolean {
  const [height, width] = size
  for (let dy = -lineWidth; dy <= lineWidth; dy += lineWidth) {
    for (let dx = -lineWidth; dx <= lineWidth; dx += lineWidth) {
      const [atX, atY] = [x + dx, y + dy]
      if (atX < 0 || atY < 0 || atX >= width || atY >= height) return true
      if (data[atY * width + atX] === 0) return true
    }
  }
  return false
}

/** The smallest rectangle around a mask; empty for an empty one. */
function boundsOf({ data, size: [height, width] }: BinaryMask): Rect {
  const bounds = { left: width, top: height, right: 0, bottom: 0 }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue
      bounds.left = Math.min(bounds.left, x)
      bounds.right = Math.max(bounds.right, x + 1)
      bounds.top = Math.min(bounds.top, y)
      bounds.bottom = y + 1
    }
  }
  return bounds
}
