import type { Value } from '../graph.js'
import { type KernelCall, type Lowering, lower } from '../lowering.js'
import { CHANNELS_FIRST } from './conv.js'
import { matMul } from './matmul.js'

/**
 * The source row of each of `size` rows: floor(row * sourceSize / size), as in the FPN of
 * mmdetection.
 */
function nearestRows(sourceSize: number, size: number): number[] {
  return Array.from({ length: size }, (_, row) =>
    Math.min(Math.floor((row * sourceSize) / size), sourceSize - 1),
  )
}

function refuseOtherGrids(attributes: KernelCall['attributes']): void {
  if (attributes.alignCorners || attributes.halfPixelCenters) {
    throw new Error(
      'nearest resizing is traced without alignCorners and halfPixelCenters only; leave them out',
    )
  }
}

lower('ResizeNearestNeighbor', (lowering, { inputs: { images }, attributes }) => {
  refuseOtherGrids(attributes)
  const [n, h, w, channels] = images.shape
  const [height, width] = attributes.size as [number, number]
  const shape = [n, height, width, channels]
  const input = lowering.read(images, CHANNELS_FIRST)
  const value =
    height % h === 0 && width % w === 0
      ? repeatPixels(lowering, input, [height, width])
      : pickPixels(lowering, input, nearestRows(h, height), nearestRows(w, width))
  return lowering.ordered(value, shape, CHANNELS_FIRST)
})

function repeatPixels(lowering: Lowering, input: Value, size: [number, number]): Value {
  const [n, channels, h, w] = input.shape
  const scales = Float32Array.of(1, 1, size[0] / h, size[1] / w)
  return lowering.node(
    'Resize',
    [input, undefined, lowering.graph.constant('float32', [4], scales)],
    { dtype: 'float32', shape: [n, channels, ...size] },
    { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  )
}

function pickPixels(lowering: Lowering, input: Value, rows: number[], columns: number[]): Value {
  const [n, channels, , w] = input.shape
  const at = (indices: number[]) => lowering.graph.int64s(indices)
  const tall = lowering.node(
    'Gather',
    [input, at(rows)],
    { dtype: 'float32', shape: [n, channels, rows.length, w] },
    { axis: 2 },
  )
  return lowering.node(
    'Gather',
    [tall, at(columns)],
    { dtype: 'float32', shape: [n, channels, rows.length, columns.length] },
    { axis: 3 },
  )
}

/**
 * Sums the gradients of all pixels that were copied from one, as two products with 0/1 matrices.
 */
lower('ResizeNearestNeighborGrad', (lowering, { inputs: { images, dy }, attributes }) => {
  refuseOtherGrids(attributes)
  const [, h, w] = images.shape
  const [, height, width] = dy.shape
  const gradient = lowering.read(dy, CHANNELS_FIRST)
  const rows = copyMatrix(lowering, nearestRows(h, height), h)
  const columns = copyMatrix(lowering, nearestRows(w, width), w)
  const narrow = matMul(lowering, gradient, columns)
  const value = matMul(lowering, rows, narrow, { transposeA: true })
  return lowering.ordered(value, images.shape, CHANNELS_FIRST)
})

/** `[copies, sources]`, 1 where a copy was taken from a source. */
function copyMatrix(lowering: Lowering, sourceOf: number[], sources: number): Value {
  const matrix = new Float32Array(sourceOf.length * sources)
  for (const [copy, source] of sourceOf.entries()) matrix[copy * sources + source] = 1
  return lowering.graph.constant('float32', [sourceOf.length, sources], matrix)
}
