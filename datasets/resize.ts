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

/** Weights are in 1/2048, as OpenCV's. */
const ONE = 2048

/**
 * Resizes RGB bytes into a part of a canvas: bilinear with half-pixel centres and no antialiasing.
 *
 * Source: OpenCV's `INTER_LINEAR` on 8-bit images, down to its fixed-point arithmetic; the result
 * is within 1 of exact interpolation.
 *
 * @param image `[height, width, 3]`.
 * @param size `[height, width]` of `image`.
 */
export function resizeBilinear(
  image: Uint8Array,
  [height, width]: readonly [number, number],
  { canvas, offset, rowBytes, size: [outHeight, outWidth], flip }: Target,
): void {
  const rows = taps(height, outHeight)
  const columns = taps(width, outWidth)
  if (flip) for (const table of [columns.first, columns.second, columns.weight]) table.reverse()

  // Rows above and below, resized along x; consecutive output rows mostly share them.
  let upper = new Int32Array(outWidth * 3)
  let lower = new Int32Array(outWidth * 3)
  let upperRow = -1
  let lowerRow = -1
  for (let y = 0; y < outHeight; y++) {
    if (rows.first[y] === lowerRow) {
      const swapped = upper
      upper = lower
      lower = swapped
      upperRow = lowerRow
      lowerRow = -1
    }
    if (rows.first[y] !== upperRow) {
      upperRow = rows.first[y]
      resizeRow(image, upperRow * width * 3, columns, upper)
    }
    if (rows.second[y] !== lowerRow) {
      lowerRow = rows.second[y]
      resizeRow(image, lowerRow * width * 3, columns, lower)
    }
    const weight = rows.weight[y]
    const start = offset + y * rowBytes
    for (let i = 0; i < upper.length; i++) {
      const above = ((ONE - weight) * (upper[i] >> 4)) >> 16
      const below = (weight * (lower[i] >> 4)) >> 16
      canvas[start + i] = (above + below + 2) >> 2
    }
  }
}

/** For each output position: the two source positions it lies between, and the weight of the second. */
interface Taps {
  first: Int32Array
  second: Int32Array
  weight: Int32Array
}

function taps(length: number, outLength: number): Taps {
  const first = new Int32Array(outLength)
  const second = new Int32Array(outLength)
  const weight = new Int32Array(outLength)
  const step = length / outLength
  for (let i = 0; i < outLength; i++) {
    const position = Math.min(Math.max((i + 0.5) * step - 0.5, 0), length - 1)
    first[i] = Math.floor(position)
    second[i] = Math.min(first[i] + 1, length - 1)
    weight[i] = Math.round((position - first[i]) * ONE)
  }
  return { first, second, weight }
}

/** One row resized along x, scaled by `ONE`. */
function resizeRow(image: Uint8Array, start: number, columns: Taps, out: Int32Array): void {
  const { first, second, weight } = columns
  for (let x = 0, i = 0; x < first.length; x++, i += 3) {
    const left = start + first[x] * 3
    const right = start + second[x] * 3
    const rightWeight = weight[x]
    const leftWeight = ONE - rightWeight
    out[i] = image[left] * leftWeight + image[right] * rightWeight
    out[i + 1] = image[left + 1] * leftWeight + image[right + 1] * rightWeight
    out[i + 2] = image[left + 2] * leftWeight + image[right + 2] * rightWeight
  }
}
