import { blankPicture, type RgbPicture } from './rgb.js'

/** Weight of a source pixel by its distance, in pixels of the larger of both rasters. */
interface Filter {
  /** Largest distance with a weight. */
  support: number
  weight(distance: number): number
}

const FILTERS = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: bicubic },
} satisfies Record<string, Filter>

/** How a picture is resampled. */
export type Interpolation = keyof typeof FILTERS

/** Fraction bits of the weights. */
const PRECISION = 22

/**
 * Resizes a picture, as Pillow does to the bit: the filter widens where the picture shrinks, first
 * along rows and then along columns, with weights of 22 fraction bits and bytes between.
 *
 * @param size `[height, width]` of the result, at least 1.
 */
export function resample(
  picture: RgbPicture,
  size: readonly [height: number, width: number],
  interpolation: Interpolation,
): RgbPicture {
  const [height, width] = size
  let result = picture
  if (width !== picture.size[1]) result = resampleRows(result, width, FILTERS[interpolation])
  if (height !== picture.size[0]) result = resampleColumns(result, height, FILTERS[interpolation])
  return result
}

/** `a` of the cubic convolution is -0.5. */
function bicubic(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2
  return 0
}

/** What each pixel of a line is made of. */
interface Taps {
  /** First source pixel of each. */
  first: Int32Array
  /** How many source pixels each has. */
  count: Int32Array
  /** Their weights, `stride` places for each, of `PRECISION` fraction bits. */
  weights: Int32Array
  stride: number
}

function tapsOf(source: number, target: number, { support, weight }: Filter): Taps {
  const scale = source / target
  const widening = Math.max(scale, 1)
  const narrowing = 1 / widening // a factor, as in Pillow: a quotient may differ in its last bit
  const reach = support * widening
  const stride = Math.ceil(reach) * 2 + 1
  const first = new Int32Array(target)
  const count = new Int32Array(target)
  const weights = new Int32Array(target * stride)
  const exact = new Float64Array(stride)
  for (let i = 0; i < target; i++) {
    const center = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - reach + 0.5))
    const end = Math.min(source, Math.trunc(center + reach + 0.5))
    let total = 0
    for (let x = start; x < end; x++) {
      const value = weight((x - center + 0.5) * narrowing)
      exact[x - start] = value
      total += value
    }
    first[i] = start
    count[i] = end - start
    for (let k = 0; k < end - start; k++) {
      const value = (total === 0 ? exact[k] : exact[k] / total) * 2 ** PRECISION
      weights[i * stride + k] = Math.trunc(value < 0 ? value - 0.5 : value + 0.5)
    }
  }
  return { first, count, weights, stride }
}

function resampleRows({ pixels, size }: RgbPicture, width: number, filter: Filter): RgbPicture {
  const [height, sourceWidth] = size
  const { first, count, weights, stride } = tapsOf(sourceWidth, width, filter)
  const result = blankPicture([height, width])
  const half = 2 ** (PRECISION - 1)
  for (let x = 0; x < width; x++) {
    const start = first[x] * 3
    const taps = count[x]
    const offset = x * stride
    for (let y = 0; y < height; y++) {
      let from = y * sourceWidth * 3 + start
      let red = half
      let green = half
      let blue = half
      for (let k = 0; k < taps; k++) {
        const weight = weights[offset + k]
        red += pixels[from] * weight
        green += pixels[from + 1] * weight
        blue += pixels[from + 2] * weight
        from += 3
      }
      const to = (y * width + x) * 3
      result.pixels[to] = byteOf(red)
      result.pixels[to + 1] = byteOf(green)
      result.pixels[to + 2] = byteOf(blue)
    }
  }
  return result
}

function resampleColumns({ pixels, size }: RgbPicture, height: number, filter: Filter): RgbPicture {
  const [sourceHeight, width] = size
  const { first, count, weights, stride } = tapsOf(sourceHeight, height, filter)
  const result = blankPicture([height, width])
  const rowBytes = width * 3
  const sums = new Int32Array(rowBytes)
  for (let y = 0; y < height; y++) {
    sums.fill(2 ** (PRECISION - 1))
    for (let k = 0; k < count[y]; k++) {
      const weight = weights[y * stride + k]
      const row = (first[y] + k) * rowBytes
      for (let i = 0; i < rowBytes; i++) sums[i] += pixels[row + i] * weight
    }
    for (let i = 0; i < rowBytes; i++) result.pixels[y * rowBytes + i] = byteOf(sums[i])
  }
  return result
}

function byteOf(sum: number): number {
  const value = sum >> PRECISION
  return value < 0 ? 0 : value > 255 ? 255 : value
}
