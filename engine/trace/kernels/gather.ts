import { sizeOf } from '../../../host_tensor.js'
import type { Numbers, Value } from '../graph.js'
import { inverse, physicalShape, plainOrder, sameOrder } from '../layout.js'
import { axesOf, type Lowering, lower } from '../lowering.js'
import { elementwise } from './elementwise.js'
import { reshapeTraced } from './shape.js'

/** Gathers of known numbers up to this many are done when tracing; of more, the file would grow. */
const FOLDED_SIZE = 65536

lower('GatherV2', (lowering, { inputs: { x, indices }, attributes }) => {
  const axis = axesOf(attributes.axis, x.shape.length)[0]
  const batchDims = Number(attributes.batchDims ?? 0)
  if (batchDims === 0) {
    const at = lowering.read(indices)
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
    const isKnown = x.value.constant && at.constant && sameOrder(x.value.shape, x.shape)
    if (isKnown && sizeOf(shape) <= FOLDED_SIZE) {
      return lowering.plain(gatherNumbers(lowering, lowering.read(x), at, axis, shape))
    }
    if (indices.shape.length === 1) {
      const value = lowering.node(
        'Gather',
        [lowering.read(x, x.order), at],
        { dtype: x.dtype, shape: physicalShape(shape, x.order) },
        { axis: inverse(x.order)[axis] },
      )
      return lowering.ordered(value, shape, x.order)
    }
    const output = { dtype: x.dtype, shape }
    return lowering.plain(lowering.node('Gather', [lowering.read(x), at], output, { axis }))
  }
  if (batchDims !== axis) {
    throw new Error(
      `gather with axis ${axis} and batchDims ${batchDims} cannot be traced; transpose until they are equal`,
    )
  }
  const shape = [...indices.shape, ...x.shape.slice(axis + 1)]
  const at = lowering.cast(lowering.reshape(lowering.read(indices), [...indices.shape, 1]), 'int64')
  // CUDA's kernel takes int64, but not int32.
  const dtype = x.dtype === 'int32' && lowering.target === 'portable' ? 'int64' : x.dtype
  const table = lowering.cast(lowering.read(x), dtype)
  const gathered = lowering.node(
    'GatherND',
    [table, at],
    { dtype, shape },
    { batch_dims: batchDims },
  )
  return lowering.plain(lowering.cast(gathered, x.dtype))
})

/** A gather of known numbers at known places, done now. */
function gatherNumbers(
  lowering: Lowering,
  x: Value,
  indices: Value,
  axis: number,
  shape: readonly number[],
): Value {
  const [data, at] = [x.constant as Numbers, indices.constant as Numbers]
  const inner = sizeOf(x.shape.slice(axis + 1))
  const outer = sizeOf(x.shape.slice(0, axis))
  const result = new (data.constructor as new (size: number) => Float32Array)(sizeOf(shape))
  for (let block = 0, to = 0; block < outer; block++) {
    for (const index of at) {
      const from = (block * x.shape[axis] + Number(index)) * inner
      result.set(data.subarray(from, from + inner) as Float32Array, to)
      to += inner
    }
  }
  return lowering.graph.constant(x.dtype, shape, result)
}

lower('GatherNd', (lowering, { inputs: { params, indices } }) => {
  const depth = indices.shape[indices.shape.length - 1]
  const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)]
  const at = lowering.cast(lowering.read(indices), 'int64')
  const output = { dtype: params.dtype, shape }
  return lowering.plain(lowering.node('GatherND', [lowering.read(params), at], output))
})

/**
 * OneHot by comparison: ONNX's OneHot counts negative indices from the end, TensorFlow.js assigns
 * them no place.
 */
lower('OneHot', (lowering, { inputs: { indices }, attributes }) => {
  const depth = Number(attributes.depth)
  const classes = Int32Array.from({ length: depth }, (_, i) => i)
  const rows = reshapeTraced(lowering, indices, [...indices.shape, 1])
  const columns = lowering.constant('int32', [depth], classes)
  const dtype = attributes.dtype === 'float32' ? 'float32' : 'int32'
  const value = (key: string) => lowering.filled(dtype, [], Number(attributes[key]))
  const isHot = elementwise(lowering, 'Equal', [rows, columns], 'bool')
  return elementwise(lowering, 'Where', [isHot, value('onValue'), value('offValue')], dtype)
})

/**
 * The gradient of a gather: rows summed by their index. ScatterElements adds in order, so that the
 * sum is exact to repeat; ScatterND with the same reduction loses updates on the CPU when indices
 * repeat.
 */
lower('UnsortedSegmentSum', (lowering, { inputs: { x, segmentIds }, attributes }) => {
  const rows = Number(attributes.numSegments)
  const shape = [rows, ...x.shape.slice(1)]
  const zeros = lowering.expand(lowering.filled(x.dtype, [], 0).value, shape)
  const rank = x.shape.length
  const column = lowering.reshape(lowering.read(segmentIds), [
    segmentIds.shape[0],
    ...plainOrder(rank - 1).map(() => 1),
  ])
  const value = lowering.node(
    'ScatterElements',
    [zeros, lowering.expand(column, x.shape), lowering.read(x)],
    { dtype: x.dtype, shape },
    { axis: 0, reduction: 'add' },
  )
  return lowering.plain(value)
})
