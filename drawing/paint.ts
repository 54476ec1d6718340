import type { Color } from './palette.js'
import type { RgbImage } from './rgb_image.js'

/** Whole pixels, from `left` and `top` to before `right` and `bottom`. */
export interface Rect {
  left: number
  top: number
  right: number
  bottom: number
}

/** Puts a colour over the pixel whose red stands at `place`. */
export function blend(data: Uint8Array, place: number, color: Color, opacity: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const below = data[place + channel]
    data[place + channel] = Math.round(below + (color[channel] - below) * opacity)
  }
}

/** Fills a rectangle, as much of it as the picture has. */
export function fillRect(image: RgbImage, rect: Rect, color: Color, opacity = 1): void {
  const { data, width, height } = image
  const [left, right] = [Math.max(rect.left, 0), Math.min(rect.right, width)]
  for (let y = Math.max(rect.top, 0); y < Math.min(rect.bottom, height); y++)
    for (let x = left; x < right; x++) blend(data, 3 * (y * width + x), color, opacity)
}

/** Draws the edge of a rectangle, `lineWidth` pixels inwards. */
export function strokeRect(
  image: RgbImage,
  rect: Rect,
  color: Color,
  { lineWidth, opacity = 1 }: { lineWidth: number; opacity?: number },
): void {
  const { left, top, right, bottom } = rect
  const upper = Math.min(top + lineWidth, bottom)
  const lower = Math.max(bottom - lineWidth, upper)
  const middle = { top: upper, bottom: lower }
  fillRect(image, { ...rect, bottom: upper }, color, opacity)
  fillRect(image, { ...rect, top: lower }, color, opacity)
  const leftEnd = Math.min(left + lineWidth, right)
  fillRect(image, { ...middle, left, right: leftEnd }, color, opacity)
  fillRect(image, { ...middle, left: Math.max(right - lineWidth, leftEnd), right }, color, opacity)
}

/** How much of each pixel a shape covers. */
export interface Coverage {
  /** `[height, width]`, 0 to 255. */
  data: Uint8Array
  width: number
  height: number
}

/** Paints a shape with its upper left corner at a pixel, as much of it as the picture has. */
export function paintCoverage(
  image: RgbImage,
  coverage: Coverage,
  { left, top }: { left: number; top: number },
  color: Color,
): void {
  for (let row = 0; row < coverage.height; row++) {
    const y = top + row
    if (y < 0 || y >= image.height) continue
    for (let column = 0; column < coverage.width; column++) {
      const x = left + column
      const covered = coverage.data[row * coverage.width + column]
      if (covered === 0 || x < 0 || x >= image.width) continue
      blend(image.data, 3 * (y * image.width + x), color, covered / 255)
    }
  }
}
