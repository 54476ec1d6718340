import { inverse, physicalShape } from '../layout.js'
import { axesOf, type Lowering, lower, type Traced } from '../lowering.js'
import { castTo, elementwise } from './elementwise.js'
import { reshapeTraced } from './shape.js'

const REDUCTIONS: Record<string, string> = {
  Sum: 'ReduceSum',
  Mean: 'ReduceMean',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
}

/** Reduces logical `axes`; the axes that stay keep their order in memory. */
export function reduce(
  lowering: Lowering,
  op: string,
  x: Traced,
  axes: readonly number[],
  keepDims: boolean,
): Traced {
  const last = lastRunApart(lowering, op, x, axes)
  if (last) return reduce(lowering, op, reduce(lowering, op, x, last, true), axes, keepDims)
  const reduced = new Set(axes)
  const keptShape = x.shape.map((side, axis) => (reduced.has(axis) ? 1 : side))
  const kept = x.order.filter((axis) => !reduced.has(axis))
  const shape = x.shape.filter((_, axis) => !reduced.has(axis))
  const place = inverse(x.order)
  const rank = new Map([...kept].sort((a, b) => a - b).map((axis, i) => [axis, i]))
  const order = keepDims ? x.order : kept.map((axis) => rank.get(axis) as number)
  const logical = keepDims ? keptShape : shape
  const value = lowering.node(
    op,
    [
      lowering.read(x, x.order),
      lowering.graph.int64s(axes.map((axis) => place[axis]).sort((a, b) => a - b)),
    ],
    { dtype: x.dtype, shape: physicalShape(logical, order) },
    { keepdims: keepDims ? 1 : 0 },
  )
  return lowering.ordered(value, logical, order)
}

/**
 * The reduced axes that lie last in memory, where others lie apart from them, as in the sums of a
 * batch of maps for each channel. ONNX Runtime's CUDA provider has fast sums over axes that lie
 * together at either end, and leaves the rest to slower ones of cuDNN.
 */
function lastRunApart(
  { target }: Lowering,
  op: string,
  x: Traced,
  axes: readonly number[],
): number[] | undefined {
  if (target !== 'portable' || (op !== 'ReduceSum' && op !== 'ReduceMean')) return undefined
  const long = x.order.filter((axis) => x.shape[axis] !== 1)
  const isReduced = long.map((axis) => axes.includes(axis))
  const start = isReduced.lastIndexOf(false) + 1
  const isApart = start < long.length && isReduced.slice(0, start).includes(true)
  return isApart ? long.slice(start) : undefined
}

for (const [kernel, op] of Object.entries(REDUCTIONS)) {
  lower(kernel, (lowering, { inputs: { x }, attributes }) => {
    const rank = x.shape.length
    const axes = axesOf(attributes.reductionIndices ?? attributes.axis, rank)
    if (axes.length === 0 && kernel !== 'Mean') return x
    const keepDims = Boolean(attributes.keepDims)
    const long = axes.filter((axis) => x.shape[axis] !== 1)
    if (long.length === 0 && kernel !== 'Mean') {
      const shape = keepDims ? x.shape : x.shape.filter((_, axis) => !axes.includes(axis))
      return reshapeTraced(lowering, x, shape)
    }
    const terms = kernel === 'Mean' ? castTo(lowering, x, 'float32') : x
    return reduce(lowering, op, terms, axes, keepDims)
  })
}

lower(['All', 'Any'], (lowering, { name, inputs: { x }, attributes }) => {
  const axes = axesOf(attributes.axis, x.shape.length)
  const op = name === 'All' ? 'ReduceMin' : 'ReduceMax'
  const numbers = castTo(lowering, x, 'int32')
  return castTo(lowering, reduce(lowering, op, numbers, axes, Boolean(attributes.keepDims)), 'bool')
})

lower(['ArgMax', 'ArgMin'], (lowering, { name, inputs: { x }, attributes }) => {
  const axis = axesOf(attributes.axis, x.shape.length)[0]
  const input = lowering.read(x)
  const shape = x.shape.filter((_, i) => i !== axis)
  const index = lowering.node(
    name,
    [input],
    { dtype: 'int64', shape },
    { axis, keepdims: 0, select_last_index: 0 },
  )
  return lowering.plain(lowering.cast(index, 'int32'))
})

lower(['Softmax', 'LogSoftmax'], (lowering, { name, inputs, attributes }) => {
  const x = inputs.logits
  const axis = axesOf(attributes.dim ?? attributes.axis ?? -1, x.shape.length)[0]
  const input = lowering.read(x)
  return lowering.plain(
    lowering.node(name, [input], { dtype: x.dtype, shape: input.shape }, { axis }),
  )
})

lower('Cumsum', (lowering, { inputs: { x }, attributes }) => {
  const axis = axesOf(attributes.axis, x.shape.length)[0]
  const input = lowering.read(x)
  const flags = {
    exclusive: attributes.exclusive ? 1 : 0,
    reverse: attributes.reverse ? 1 : 0,
  }
  const at = lowering.graph.constant('int32', [], Int32Array.of(axis))
  return lowering.plain(
    lowering.node('CumSum', [input, at], { dtype: x.dtype, shape: x.shape }, flags),
  )
})

lower('TopK', (lowering, { inputs: { x }, attributes }) => {
  const k = Number(attributes.k)
  const shape = [...x.shape.slice(0, -1), k]
  const [values, indices] = lowering.graph.nodeWithOutputs(
    'TopK',
    [lowering.read(x), lowering.graph.int64s([k])],
    [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ],
    { axis: -1, largest: 1, sorted: attributes.sorted === false ? 0 : 1 },
  )
  return [lowering.plain(values), lowering.plain(lowering.cast(indices, 'int32'))]
})

lower('FusedBatchNorm', (lowering, { inputs, attributes }) => {
  const { x, mean, variance, offset, scale } = inputs
  const epsilon = lowering.filled('float32', [], Number(attributes.varianceEpsilon))
  const spread = elementwise(lowering, 'Add', [variance, epsilon], 'float32')
  const deviation = elementwise(lowering, 'Sqrt', [spread], 'float32')
  const one = lowering.filled('float32', [], 1)
  const slope = elementwise(lowering, 'Div', [scale ?? one, deviation], 'float32')
  const shift = elementwise(lowering, 'Mul', [mean, slope], 'float32')
  const zero = lowering.filled('float32', [], 0)
  const intercept = elementwise(lowering, 'Sub', [offset ?? zero, shift], 'float32')
  const scaled = elementwise(lowering, 'Mul', [x, slope], 'float32')
  return elementwise(lowering, 'Add', [scaled, intercept], 'float32')
})
