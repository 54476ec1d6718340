import { sizeOf } from '../../../host_tensor.js'
import * as tf from '../../../tf/tf.js'
import type { Value } from '../graph.js'
import { inverse, physicalShape, plainOrder, reshapedOrder, sameOrder } from '../layout.js'
import { axesOf, type Lowering, lower, type Traced } from '../lowering.js'

/** Reads a traced tensor under another logical shape of equal size. */
export function reshapeTraced(lowering: Lowering, x: Traced, shape: readonly number[]): Traced {
  if (sameOrder(x.shape, shape)) return x
  if (x.value.constant?.length === 1) {
    const ones = shape.map(() => 1)
    const value = lowering.reshape(x.value, ones)
    return { shape, dtype: x.dtype, value, order: plainOrder(shape.length) }
  }
  const order = reshapedOrder(x.shape, shape, x.order)
  if (order === undefined) return lowering.plain(lowering.reshape(lowering.read(x), shape))
  const value = lowering.reshape(lowering.read(x, x.order), physicalShape(shape, order))
  return lowering.ordered(value, shape, order)
}

lower('Reshape', (lowering, { inputs: { x }, attributes }) =>
  reshapeTraced(
    lowering,
    x,
    tf.util.inferFromImplicitShape(attributes.shape as number[], sizeOf(x.shape)),
  ),
)

lower('ExpandDims', (lowering, { inputs: { input }, attributes }) => {
  const dim = Number(attributes.dim)
  const shape = [...input.shape]
  shape.splice(dim < 0 ? dim + input.shape.length + 1 : dim, 0, 1)
  return reshapeTraced(lowering, input, shape)
})

lower('Transpose', (lowering, { inputs: { x }, attributes }) => {
  const axes = attributes.perm as number[]
  const renamed = inverse(axes)
  const shape = axes.map((axis) => x.shape[axis])
  return lowering.ordered(
    x.value,
    shape,
    x.order.map((axis) => renamed[axis]),
  )
})

/**
 * A part of a traced tensor: from `begin` to `end` (not included) by `step`, along every logical
 * axis.
 */
export function sliceTraced(
  lowering: Lowering,
  x: Traced,
  begin: readonly number[],
  end: readonly number[],
  step: readonly number[] = begin.map(() => 1),
): Traced {
  const shape = x.shape.map((_, i) => Math.max(0, Math.ceil((end[i] - begin[i]) / step[i])))
  const partial = x.order.flatMap((axis, physical) => {
    const whole = begin[axis] === 0 && end[axis] === x.shape[axis] && step[axis] === 1
    return whole || x.value.shape[physical] === 1 ? [] : [{ axis, physical }]
  })
  const physical = x.value.shape.map((side, i) =>
    side === 1 && x.shape[x.order[i]] !== 1 ? 1 : shape[x.order[i]],
  )
  if (partial.length === 0) return { ...x, shape }
  const list = (values: number[]) => lowering.graph.int64s(values)
  const value = lowering.node(
    'Slice',
    [
      x.value,
      list(partial.map(({ axis }) => begin[axis])),
      list(partial.map(({ axis }) => end[axis])),
      list(partial.map((part) => part.physical)),
      list(partial.map(({ axis }) => step[axis])),
    ],
    { dtype: x.dtype, shape: physical },
  )
  return lowering.ordered(value, shape, x.order)
}

lower('Slice', (lowering, { inputs: { x }, attributes }) => {
  const begin = attributes.begin as number[]
  const size = attributes.size as number[]
  const from = x.shape.map((_, axis) => begin[axis] ?? 0)
  const to = x.shape.map((side, axis) => ((size[axis] ?? -1) < 0 ? side : from[axis] + size[axis]))
  return sliceTraced(lowering, x, from, to)
})

lower('Reverse', (lowering, { inputs: { x }, attributes }) => {
  const dims = axesOf(attributes.dims, x.shape.length)
  const physical = dims.map((axis) => inverse(x.order)[axis])
  const list = (value: number) => lowering.graph.int64s(physical.map(() => value))
  const input = lowering.read(x, x.order)
  const value = lowering.node(
    'Slice',
    [input, list(-1), list(-(2 ** 31)), lowering.graph.int64s(physical), list(-1)],
    { dtype: x.dtype, shape: input.shape },
  )
  return lowering.ordered(value, x.shape, x.order)
})

/** Joins traced tensors along a logical axis, in the order of the first that is not plain. */
export function concatTraced(lowering: Lowering, parts: readonly Traced[], axis: number): Traced {
  const present = parts.filter((part) => !part.shape.includes(0))
  if (present.length === 0) {
    const shape = [...parts[0].shape]
    shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis], 0)
    return lowering.filled(parts[0].dtype, shape, 0)
  }
  const first = present[0]
  if (present.length === 1) return first
  const isPlain = (part: Traced) => sameOrder(part.order, plainOrder(part.shape.length))
  const order = (present.find((part) => !isPlain(part)) ?? first).order
  const shape = [...first.shape]
  shape[axis] = present.reduce((sum, part) => sum + part.shape[axis], 0)
  const value = lowering.node(
    'Concat',
    present.map((part) => lowering.read(part, order)),
    { dtype: first.dtype, shape: physicalShape(shape, order) },
    { axis: inverse(order)[axis] },
  )
  return lowering.ordered(value, shape, order)
}

lower('Concat', (lowering, { inputs, attributes }) => {
  const parts = Object.values(inputs)
  return concatTraced(lowering, parts, axesOf(attributes.axis, parts[0].shape.length)[0])
})

lower('Pack', (lowering, { inputs, attributes }) => {
  const parts = Object.values(inputs)
  const axis = axesOf(attributes.axis, parts[0].shape.length + 1)[0]
  const shape = [...parts[0].shape]
  shape.splice(axis, 0, 1)
  return concatTraced(
    lowering,
    parts.map((part) => reshapeTraced(lowering, part, shape)),
    axis,
  )
})

lower('Unpack', (lowering, { inputs: { value }, attributes }) => {
  const axis = axesOf(attributes.axis, value.shape.length)[0]
  const rest = value.shape.filter((_, i) => i !== axis)
  return splitTraced(lowering, value, new Array<number>(value.shape[axis]).fill(1), axis).map(
    (part) => reshapeTraced(lowering, part, rest),
  )
})

lower('SplitV', (lowering, { inputs: { x }, attributes }) => {
  const axis = axesOf(attributes.axis, x.shape.length)[0]
  const wanted = attributes.numOrSizeSplits as number | number[]
  const sizes =
    typeof wanted === 'number'
      ? new Array<number>(wanted).fill(x.shape[axis] / wanted)
      : fillUnknownSize(wanted, x.shape[axis])
  return splitTraced(lowering, x, sizes, axis)
})

/** TensorFlow.js lets one size be -1: whatever the others leave. */
function fillUnknownSize(sizes: readonly number[], total: number): number[] {
  const known = sizes.reduce((sum, size) => sum + Math.max(size, 0), 0)
  return sizes.map((size) => (size < 0 ? total - known : size))
}

/**
 * Largest number of parts that are a Slice each; of more, few nodes of Split are less work. WebGPU
 * takes no Split of more.
 */
const FEW_PARTS = 7

function splitTraced(
  lowering: Lowering,
  x: Traced,
  sizes: readonly number[],
  axis: number,
): Traced[] {
  if (sizes.length > FEW_PARTS) return splitByGroups(lowering, x, sizes, axis)
  let start = 0
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0))
    const end = x.shape.map((side, i) => (i === axis ? start + size : side))
    start += size
    return sliceTraced(lowering, x, begin, end)
  })
}

/** Splits into a few groups of parts, each of those into a few, and so on. */
function splitByGroups(
  lowering: Lowering,
  x: Traced,
  sizes: readonly number[],
  axis: number,
): Traced[] {
  if (sizes.length <= FEW_PARTS) return splitAtOnce(lowering, x, sizes, axis)
  const length = Math.ceil(sizes.length / FEW_PARTS)
  const groups: number[][] = []
  for (let i = 0; i < sizes.length; i += length) groups.push(sizes.slice(i, i + length))
  const totals = groups.map((group) => group.reduce((sum, size) => sum + size, 0))
  const joined = splitAtOnce(lowering, x, totals, axis)
  return joined.flatMap((part, i) => splitByGroups(lowering, part, groups[i], axis))
}

function splitAtOnce(
  lowering: Lowering,
  x: Traced,
  sizes: readonly number[],
  axis: number,
): Traced[] {
  if (sizes.length === 1) return [x]
  const shapes = sizes.map((size) => x.shape.with(axis, size))
  const values = lowering.graph.nodeWithOutputs(
    'Split',
    [lowering.read(x, x.order), lowering.graph.int64s(sizes)],
    shapes.map((shape) => ({ dtype: x.dtype, shape: physicalShape(shape, x.order) })),
    { axis: inverse(x.order)[axis] },
  )
  return values.map((value, i) => lowering.ordered(value, shapes[i], x.order))
}

lower('StridedSlice', (lowering, { inputs: { x }, attributes }) => {
  const masks = ['beginMask', 'endMask', 'ellipsisMask', 'newAxisMask', 'shrinkAxisMask']
  for (const mask of masks.slice(2, 4)) {
    if (Number(attributes[mask] ?? 0) !== 0) {
      throw new Error(`StridedSlice with ${mask} cannot be traced; use slice and reshape instead`)
    }
  }
  const masked = (mask: string, axis: number) => ((Number(attributes[mask] ?? 0) >> axis) & 1) === 1
  const given = (name: string, axis: number) => (attributes[name] as number[])[axis]
  const begin: number[] = []
  const end: number[] = []
  const step: number[] = []
  for (const [axis, side] of x.shape.entries()) {
    const clamp = (value: number) => Math.min(Math.max(value < 0 ? value + side : value, 0), side)
    const from = given('begin', axis)
    const to = given('end', axis)
    begin.push(from === undefined || masked('beginMask', axis) ? 0 : clamp(from))
    end.push(to === undefined || masked('endMask', axis) ? side : clamp(to))
    step.push(given('strides', axis) ?? 1)
    if (masked('shrinkAxisMask', axis)) end[axis] = begin[axis] + 1
    if (step[axis] <= 0) {
      throw new Error('StridedSlice with a negative stride cannot be traced; use tf.reverse')
    }
  }
  const sliced = sliceTraced(lowering, x, begin, end, step)
  const shape = sliced.shape.filter((_, axis) => !masked('shrinkAxisMask', axis))
  return reshapeTraced(lowering, sliced, shape)
})

/** Adds `before` and `after` values equal to `fill` along each logical axis. */
export function padTraced(
  lowering: Lowering,
  x: Traced,
  paddings: readonly (readonly [number, number])[],
  fill: number,
): Traced {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x
  const shape = x.shape.map((side, axis) => side + paddings[axis][0] + paddings[axis][1])
  const pads = [
    ...x.order.map((axis) => paddings[axis][0]),
    ...x.order.map((axis) => paddings[axis][1]),
  ]
  const value = lowering.node(
    'Pad',
    [
      lowering.read(x, x.order),
      lowering.graph.int64s(pads),
      lowering.filled(x.dtype, [], fill).value,
    ],
    { dtype: x.dtype, shape: physicalShape(shape, x.order) },
  )
  return lowering.ordered(value, shape, x.order)
}

lower('PadV2', (lowering, { inputs: { x }, attributes }) =>
  padTraced(
    lowering,
    x,
    attributes.paddings as [number, number][],
    Number(attributes.constantValue),
  ),
)

lower(['Tile', 'BroadcastTo'], (lowering, { name, inputs: { x }, attributes }) => {
  const target = attributes.shape as number[]
  const reps =
    name === 'Tile' ? (attributes.reps as number[]) : target.map((side, i) => side / x.shape[i])
  const shape = x.shape.map((side, axis) => side * reps[axis])
  const repeated = reps.some((rep, axis) => rep > 1 && x.shape[axis] !== 1)
  // Copies of an axis of size 1 stay a broadcast until somebody needs them in memory.
  if (!repeated) return { ...x, shape }
  const input = lowering.read(x, x.order)
  const value: Value = lowering.node(
    'Tile',
    [input, lowering.graph.int64s(x.order.map((axis) => reps[axis]))],
    { dtype: x.dtype, shape: physicalShape(shape, x.order) },
  )
  return lowering.ordered(value, shape, x.order)
})
