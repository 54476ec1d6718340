import { rowResizer } from './row_resizer.js'
import { bilinearTaps } from './taps.js'

/**
 * Size of an image scaled to fit, keeping its ratio.
 *
 * Source: mmdetection 2.x (`mmcv.imrescale`), rounding included.
 *
 * @param size `[height, width]`, image pixels.
 * @param scale limits of the `[long, short]` side, input pixels, in either order.
 * @returns `[height, width]`, input pixels, each at least 1.
 */
export function resizedSize(
  [height, width]: readonly [number, number],
  scale: readonly [number, number],
): [number, number] {
  const factor = Math.min(
    Math.max(...scale) / Math.max(height, width),
    Math.min(...scale) / Math.min(height, width),
  )
  const scaled = (side: number) => Math.max(1, Math.floor(side * factor + 0.5))
  return [scaled(height), scaled(width)]
}

/** The least multiple of `step` that is not below `side`. */
export function roundUp(side: number, step: number): number {
  return Math.ceil(side / step) * step
}

/** A part of a larger canvas of RGB bytes. */
export interface Target {
  canvas: Uint8Array
  /** Byte where the part's first pixel stands. */
  offset: number
  /** Bytes from one row of the canvas to the next. */
  rowBytes: number
  /** `[height, width]` of the part. */
  size: readonly [number, number]
  /** Mirrors left and right. */
  flip: boolean
}

/**
 * Resizes RGB bytes into a part of a canvas: bilinear with half-pixel centres and no antialiasing.
 *
 * Source: OpenCV's `INTER_LINEAR` on 8-bit images, down to its fixed-point arithmetic; the result
 * is within 1 of exact interpolation. The arithmetic is in `resize_rows.wat`.
 *
 * @param image `[height, width, 3]`.
 * @param size `[height, width]` of `image`.
 */
export function resizeBilinear(
  image: Uint8Array,
  [height, width]: readonly [number, number],
  { canvas, offset, rowBytes, size: [outHeight, outWidth], flip }: Target,
): void {
  const rows = bilinearTaps(height, outHeight)
  const columns = bilinearTaps(width, outWidth)
  if (flip) for (const table of [columns.first, columns.weight]) table.reverse()
  const resizer = rowResizer(image, width, columns)

  // Rows above and below, resized along x; consecutive output rows mostly share them.
  let [upper, lower] = resizer.places
  let upperRow = -1
  let lowerRow = -1
  for (let y = 0; y < outHeight; y++) {
    const first = rows.first[y]
    if (first === lowerRow && first !== upperRow) {
      const swapped = upper
      upper = lower
      lower = swapped
      upperRow = lowerRow
      lowerRow = -1
    }
    if (first !== upperRow) {
      upperRow = first
      resizer.resizeRow(upperRow, upper)
    }
    const second = Math.min(first + 1, height - 1)
    if (second !== lowerRow) {
      lowerRow = second
      resizer.resizeRow(lowerRow, lower)
    }
    canvas.set(resizer.blendRows(upper, lower, rows.weight[y]), offset + y * rowBytes)
  }
}
