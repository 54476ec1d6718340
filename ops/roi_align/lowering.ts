import type { Value } from '../../engine/trace/graph.js'
import { type Lowering, lower } from '../../engine/trace/lowering.js'

/**
 * Longest sides of the tiles that the gradient of a map is computed in, in cells. Measured for 512
 * regions and 256 channels on maps of 25 x 42 to 200 x 336: tiles of 64 x 24 take a tenth less time
 * to compute, but have 3 times the nodes, and loading a graph takes a time that grows faster than
 * the number of its nodes.
 */
const TILE_HEIGHT = 100
const TILE_WIDTH = 48

/**
 * A kernel of our own, called by `ops/roi_align/roi_align.ts`: the weights `rows` `[n r, p, h]` and
 * `columns` `[n r, q, w]` of every cell of a map in the output of every region, and that output's
 * gradient `dy` `[n r, p, q, c]`, to the map's gradient `[n, h, w, c]`, the sum of
 * `rows^T dy columns` over the regions of an image.
 *
 * Regions are small beside fine maps, so the map is cut into tiles, and the sum of each tile is
 * taken over the regions that reach into it: how many these are is known when the graph runs. It is
 * two matrix products a tile, exact to repeat, and the largest thing in memory has `r p` values for
 * each channel and column of a tile.
 */
lower('RoiAlignGradient', (lowering, { inputs, attributes }) => {
  const imageCount = Number(attributes.imageCount)
  const roiCount = inputs.rows.shape[0] / imageCount
  const all = [inputs.rows, inputs.columns, inputs.dy].map((input) => lowering.read(input))
  const images = Array.from({ length: imageCount }, (_, image) => {
    const span = { from: image * roiCount, to: (image + 1) * roiCount }
    const [rows, columns, dy] = all.map((value) => slice(lowering, value, 0, span))
    return gradientOfImage(lowering, rows, columns, dy)
  })
  return lowering.plain(concat(lowering, images, 0))
})

/** `rows` `[r, p, h]`, `columns` `[r, q, w]`, `dy` `[r, p, q, c]` to `[1, h, w, c]`. */
function gradientOfImage(lowering: Lowering, rows: Value, columns: Value, dy: Value): Value {
  const part = (weights: Value, span: Span): Part => {
    const cut = slice(lowering, weights, weights.shape.length - 1, span)
    return { weights: cut, isReached: isReached(lowering, cut) }
  }
  const [roiCount, outputWidth, width] = columns.shape
  const spreadColumns = lowering.reshape(columns, [roiCount, 1, outputWidth, width])
  const bands = spansOf(rows.shape[2], TILE_HEIGHT).map((span) => part(rows, span))
  const strips = spansOf(width, TILE_WIDTH).map((span) => part(spreadColumns, span))
  const tiles = bands.map((band) => {
    const ofBand = strips.map((strip) => gradientOfTile(lowering, band, strip, dy))
    return concat(lowering, ofBand, 2)
  })
  return concat(lowering, tiles, 1)
}

/** What regions read of a band of rows or a strip of columns. */
interface Part {
  /** `[r, p, side]` of a band, `[r, 1, q, side]` of a strip. */
  weights: Value
  /**
   * `[r]` bool, whether any of a region's weights is not 0. Always true of the first: no product is
   * without terms.
   */
  isReached: Value
}

function isReached(lowering: Lowering, weights: Value): Value {
  const { graph } = lowering
  const [roiCount, ...sides] = weights.shape
  const shape = [roiCount]
  const axes = graph.int64s(sides.map((_, i) => i + 1))
  const output = { dtype: 'float32', shape } as const
  const largest = lowering.node('ReduceMax', [weights, axes], output, { keepdims: 0 })
  const limits = Float32Array.from({ length: roiCount }, (_, roi) => (roi === 0 ? -1 : 0))
  const limit = graph.constant('float32', shape, limits)
  return lowering.node('Greater', [largest, limit], { dtype: 'bool', shape })
}

/** The sum over the regions that reach both parts: `[1, h, w, c]`. */
function gradientOfTile(lowering: Lowering, band: Part, strip: Part, dy: Value): Value {
  const { graph } = lowering
  const [roiCount, outputHeight, , channels] = dy.shape
  const [height, width] = [band.weights.shape[2], strip.weights.shape[3]]
  const dtype = 'float32'
  const unknown = -1 // as many as reach the tile

  const condition = { dtype: 'bool', shape: [roiCount] } as const
  const isChosen = lowering.node('And', [band.isReached, strip.isReached], condition)
  const choose = (value: Value) => {
    const shape = [unknown, ...value.shape.slice(1)]
    return lowering.node('Compress', [value, isChosen], { dtype, shape }, { axis: 0 })
  }
  const reshape = (value: Value, shape: number[]) =>
    lowering.node('Reshape', [value, graph.int64s(shape)], { dtype, shape })
  const transposedProduct = (a: Value, b: Value, shape: number[]) =>
    lowering.node(
      'FusedMatMul',
      [a, b],
      { dtype, shape },
      { transA: 1, transB: 0 },
      'com.microsoft',
    )

  const spreadShape = [unknown, outputHeight, width, channels]
  const spread = transposedProduct(choose(strip.weights), choose(dy), spreadShape)
  const sum = transposedProduct(
    reshape(choose(band.weights), [unknown, height]), // regions and rows of their outputs
    reshape(spread, [unknown, width * channels]),
    [height, width * channels],
  )
  return lowering.reshape(sum, [1, height, width, channels])
}

interface Span {
  from: number
  to: number
}

/** Cuts a side into as few nearly equal parts as are no longer than `longest`. */
function spansOf(side: number, longest: number): Span[] {
  const count = Math.ceil(side / longest)
  const edge = (i: number) => Math.round((i * side) / count)
  return Array.from({ length: count }, (_, i) => ({ from: edge(i), to: edge(i + 1) }))
}

function slice(lowering: Lowering, value: Value, axis: number, { from, to }: Span): Value {
  if (from === 0 && to === value.shape[axis]) return value
  const list = (number: number) => lowering.graph.int64s([number])
  const shape = value.shape.map((side, i) => (i === axis ? to - from : side))
  const output = { dtype: value.dtype, shape }
  return lowering.node('Slice', [value, list(from), list(to), list(axis)], output)
}

function concat(lowering: Lowering, parts: readonly Value[], axis: number): Value {
  if (parts.length === 1) return parts[0]
  const shape = [...parts[0].shape]
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis], 0)
  return lowering.node('Concat', parts, { dtype: parts[0].dtype, shape }, { axis })
}
