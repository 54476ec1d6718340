/**
 * The gradient of a depthwise kernel as one batched matrix product, for devices that like products
 * and whose convolutions have no kernel as large as a map.
 */
import type { Value } from '../graph.js'
import type { Lowering } from '../lowering.js'
import { FULL_PRECISION, OWN_DOMAIN } from '../precision_rules.js'
import { sumOverBatch, type Window } from './conv.js'
import { matMul } from './matmul.js'

/**
 * Multiplications in the time of moving one float32, by the data sheet of an H200: some 20 in fp32,
 * 75 and more on tensor cores.
 */
const PRODUCTS_PER_MOVE = 32
/**
 * Products are computed in blocks of so many rows and columns, whether a matrix fills them or not.
 */
const BLOCK = 32
/** Rows of matrices start at multiples of 16 bytes then, in float16 too. */
const ALIGNMENT = 8
const LONGEST_SIDE = 16
const LARGEST_TILE = 128

/** Rows and columns. */
type Sides = [number, number]

/**
 * `dW[c, u, v] = sum of X[n, c, y + u, x + v] * G[n, c, y, x]` over `n`, `y` and `x`, where `X` is
 * padded.
 *
 * `G` is cut into tiles of `T` pixels. The input pixels that a tile sees, `S` of them, lie beside
 * each other in an array of overlapping tiles. `M[c, g, s]`, the sum over tiles of gradient pixel
 * `g` times input pixel `s`, is one product for each channel of each image; `dW[c, u, v]` is the
 * sum of those `M[c, g, s]` where `s` lies `(u, v)` from `g`.
 *
 * Counted in passes over the map for 512 x 200 x 336 and k = 7, tiles of 8 x 12: S / T = 2.7, so 2
 * to pad, 5 for the overlapping tiles, 2 to cut the gradient, 4 that the product reads: 13, and
 * about as long again for the product's arithmetic in fp32 (estimated, not measured). One product
 * for each kernel row, over tiles of 1 x 32, takes 38 passes, and blocks of 32 x 38 leave 40 % of
 * what is computed at a time unused; shifted products and their sums take about 300 passes. Up to 6
 * maps are held at a time.
 *
 * @param x `[n, c, h, w]`.
 * @param dy `[n, c, ho, wo]`.
 * @returns `[c, 1, kh, kw]`, summed in float32 over pixels of a tile whatever the product is
 *   computed in.
 */
export function tiledKernelGradient(
  lowering: Lowering,
  x: Value,
  dy: Value,
  window: Window,
): Value {
  const [n, channels, ho, wo] = dy.shape
  const { kernel } = window
  const tile = chooseTile([ho, wo], window)
  const counts: Sides = [Math.ceil(ho / tile[0]), Math.ceil(wo / tile[1])]
  const gradients = gradientTiles(lowering, dy, tile, counts) // [n * c, tiles, T]
  const inputs = inputTiles(lowering, x, tile, counts, window) // [n * c, tiles, S]
  const products = matMul(lowering, gradients, inputs, { transposeA: true }) // [n * c, T, S]
  const sums = diagonalSums(lowering, products, tile, window) // [n * c, kh * kw]
  const perImage = lowering.reshape(sums, [n, channels * kernel[0] * kernel[1]])
  return lowering.reshape(sumOverBatch(lowering, perImage), [channels, 1, ...kernel])
}

/** Rows and columns of input that `tile` rows and columns of output see. */
function seenBy(tile: Sides, { kernel, strides, dilations }: Window): Sides {
  const seen = (i: number) => (tile[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1
  return [seen(0), seen(1)]
}

const area = ([rows, columns]: Sides) => rows * columns
const roundedUp = (count: number, unit: number) => Math.ceil(count / unit) * unit

/** Pixels that are kept of what a tile sees: single pixels make no matrix that could be aligned. */
function keptOf(tile: Sides, window: Window): number {
  const seen = area(seenBy(tile, window))
  return area(tile) === 1 ? seen : roundedUp(seen, ALIGNMENT)
}

/**
 * The tile for which a map of gradients takes least time, in moves of one number for each channel
 * of each image.
 */
function chooseTile(size: Sides, window: Window): Sides {
  let best: { tile: Sides; cost: number } = { tile: [1, 1], cost: costOf([1, 1], size, window) }
  for (let rows = 1; rows <= LONGEST_SIDE; rows++) {
    for (let columns = 1; columns <= LONGEST_SIDE; columns++) {
      const pixels = rows * columns
      if (pixels % ALIGNMENT !== 0 || pixels > LARGEST_TILE) continue
      const cost = costOf([rows, columns], size, window)
      if (cost < best.cost) best = { tile: [rows, columns], cost }
    }
  }
  return best.tile
}

function costOf(tile: Sides, size: Sides, window: Window): number {
  const pixels = area(tile)
  const kept = keptOf(tile, window)
  const tiles = area([Math.ceil(size[0] / tile[0]), Math.ceil(size[1] / tile[1])])
  // Input tiles: read, written, read; gradients: padded, cut and read
  const moved = 3 * kept + 5 * pixels
  const multiplied = (roundedUp(pixels, BLOCK) * roundedUp(kept, BLOCK)) / PRODUCTS_PER_MOVE
  const summed = pixels === 1 ? 0 : pixels * (kept + 3 * area(window.kernel))
  return tiles * (moved + multiplied) + summed
}

/** `dy` as `[n * c, tiles, T]`, zeros where tiles reach over its ends. */
function gradientTiles(lowering: Lowering, dy: Value, tile: Sides, counts: Sides): Value {
  const [n, channels, ho, wo] = dy.shape
  const maps = n * channels
  const [rows, columns] = [counts[0] * tile[0], counts[1] * tile[1]]
  const padded = padMaps(lowering, lowering.reshape(dy, [maps, ho, wo]), [0, 0], [rows, columns])
  const cut = lowering.reshape(padded, [maps, counts[0], tile[0], counts[1], tile[1]])
  return lowering.reshape(lowering.transpose(cut, [0, 1, 3, 2, 4]), [
    maps,
    area(counts),
    area(tile),
  ])
}

/** The pixels of `x` that each tile sees, as `[n * c, tiles, S]`. */
function inputTiles(
  lowering: Lowering,
  x: Value,
  tile: Sides,
  counts: Sides,
  window: Window,
): Value {
  const [n, channels, h, w] = x.shape
  const maps = n * channels
  const [top, left] = window.pads
  const covered = seenBy([counts[0] * tile[0], counts[1] * tile[1]], window)
  const size: Sides = [Math.max(covered[0], top + h), Math.max(covered[1], left + w)]
  const padded = padMaps(lowering, lowering.reshape(x, [maps, h, w]), [top, left], size)
  const kept = keptOf(tile, window)
  const [seenRows, seenColumns] = seenBy(tile, window)
  const places = new Int32Array(area(counts) * kept) // what only aligns is pixel 0
  for (let i = 0, at = 0; i < counts[0]; i++) {
    for (let j = 0; j < counts[1]; j++, at += kept) {
      const first = i * tile[0] * window.strides[0] * size[1] + j * tile[1] * window.strides[1]
      for (let row = 0, to = at; row < seenRows; row++) {
        for (let column = 0; column < seenColumns; column++) {
          places[to++] = first + row * size[1] + column
        }
      }
    }
  }
  return gather(lowering, padded, [area(counts), kept], places)
}

/**
 * Sums of the products `[n * c, T, S]` of pixels that lie equally far from each other,
 * `[n * c, kh * kw]`.
 */
function diagonalSums(lowering: Lowering, products: Value, tile: Sides, window: Window): Value {
  const [maps, pixels, kept] = products.shape
  const { kernel, strides, dilations } = window
  const places = area(kernel)
  if (pixels === 1 && kept === places) {
    return inFullPrecision(lowering, lowering.reshape(products, [maps, places]))
  }
  const seenColumns = seenBy(tile, window)[1]
  const where = new Int32Array(places * pixels)
  for (let place = 0; place < places; place++) {
    const [u, v] = [Math.floor(place / kernel[1]), place % kernel[1]]
    for (let pixel = 0; pixel < pixels; pixel++) {
      const row = Math.floor(pixel / tile[1]) * strides[0] + u * dilations[0]
      const column = (pixel % tile[1]) * strides[1] + v * dilations[1]
      where[place * pixels + pixel] = pixel * kept + row * seenColumns + column
    }
  }
  const diagonals = inFullPrecision(lowering, gather(lowering, products, [places, pixels], where))
  const axes = lowering.graph.int64s([2])
  const output = { dtype: products.dtype, shape: [maps, places] }
  return lowering.node('ReduceSum', [diagonals, axes], output, { keepdims: 0 })
}

/** What adds the products up: in float32, also where these are in float16. */
function inFullPrecision(lowering: Lowering, value: Value): Value {
  if (lowering.precision !== 'fp16') return value
  return lowering.node(FULL_PRECISION, [value], value, {}, OWN_DOMAIN)
}

/** Numbers of each map of `values` `[maps, ...]` by their places in it, as `[maps, ...shape]`. */
function gather(lowering: Lowering, values: Value, shape: number[], places: Int32Array): Value {
  const [maps, ...sides] = values.shape
  const flat = lowering.reshape(values, [maps, sides.reduce((a, b) => a * b)])
  const indices = lowering.graph.constant('int32', shape, places)
  const output = { dtype: values.dtype, shape: [maps, ...shape] }
  return lowering.node('Gather', [flat, indices], output, { axis: 1 })
}

/** Maps `[maps, h, w]` with zeros before and after, so that they are of `size`. */
function padMaps(lowering: Lowering, maps: Value, before: Sides, size: Sides): Value {
  const after = [1, 2].map((axis, i) => size[i] - before[i] - maps.shape[axis])
  if ([...before, ...after].every((side) => side === 0)) return maps
  const pads = lowering.graph.int64s([0, ...before, 0, ...after])
  const zero = lowering.filled('float32', [], 0).value
  const output = { dtype: maps.dtype, shape: [maps.shape[0], ...size] }
  return lowering.node('Pad', [maps, pads, zero], output)
}
