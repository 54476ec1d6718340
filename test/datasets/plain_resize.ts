/** The plain form of `resizeBilinear`, which it must agree with to the last bit. */
import type { Target } from '../../datasets/index.js'
import { bilinearTaps, ONE, type Taps } from '../../datasets/taps.js'

export function plainResize(
  image: Uint8Array,
  [height, width]: readonly [number, number],
  { canvas, offset, rowBytes, size: [outHeight, outWidth], flip }: Target,
): void {
  const rows = bilinearTaps(height, outHeight)
  const columns = bilinearTaps(width, outWidth)
  for (let y = 0; y < outHeight; y++) {
    const first = rows.first[y]
    const upper = resizeRow(image, first * width * 3, width, columns)
    const lower = resizeRow(image, Math.min(first + 1, height - 1) * width * 3, width, columns)
    const weight = rows.weight[y]
    for (let x = 0; x < outWidth; x++) {
      const from = (flip ? outWidth - 1 - x : x) * 3
      for (let channel = 0; channel < 3; channel++) {
        const above = ((ONE - weight) * (upper[from + channel] >> 4)) >> 16
        const below = (weight * (lower[from + channel] >> 4)) >> 16
        canvas[offset + y * rowBytes + x * 3 + channel] = (above + below + 2) >> 2
      }
    }
  }
}

/** One row resized along x, in 1/2048. */
function resizeRow(image: Uint8Array, start: number, width: number, columns: Taps): Int32Array {
  const row = new Int32Array(columns.first.length * 3)
  for (const [x, first] of columns.first.entries()) {
    const left = start + first * 3
    const right = start + Math.min(first + 1, width - 1) * 3
    const weight = columns.weight[x]
    for (let channel = 0; channel < 3; channel++)
      row[x * 3 + channel] =
        image[left + channel] * (ONE - weight) + image[right + channel] * weight
  }
  return row
}
