import { foldedConstant } from '../constant_folding.js'
import type { Attribute } from '../graph.js'
import { type Order, physicalShape, plainOrder, sameOrder } from '../layout.js'
import {
  type KernelCall,
  type Lowering,
  lower,
  numbersOf,
  type Traced,
  type TracedDType,
} from '../lowering.js'

/** Kernels of one operand: the ONNX operator of the same meaning. */
const UNARY: Record<string, string> = {
  Abs: 'Abs',
  Acos: 'Acos',
  Asin: 'Asin',
  Atan: 'Atan',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Elu: 'Elu',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  IsNan: 'IsNaN',
  IsInf: 'IsInf',
  Log: 'Log',
  LogicalNot: 'Not',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
}

/** Kernels of two operands, with their arithmetic for operands that are known when tracing. */
const BINARY: Record<string, { op: string; compute: (a: number, b: number) => number }> = {
  Add: { op: 'Add', compute: (a, b) => a + b },
  Sub: { op: 'Sub', compute: (a, b) => a - b },
  Multiply: { op: 'Mul', compute: (a, b) => a * b },
  RealDiv: { op: 'Div', compute: (a, b) => a / b },
  Maximum: { op: 'Max', compute: Math.max },
  Minimum: { op: 'Min', compute: Math.min },
  Pow: { op: 'Pow', compute: (a, b) => a ** b },
  Mod: { op: 'Mod', compute: (a, b) => a - Math.floor(a / b) * b },
}

const COMPARISONS: Record<string, string> = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
  LogicalXor: 'Xor',
}

const BOOL_RESULTS = new Set(['IsNaN', 'IsInf', 'Not'])

/** The shape two or more shapes broadcast to, as NumPy does. */
function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    const sides = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)
    return sides.find((side) => side !== 1) ?? 1
  })
}

/**
 * The order for the result: that of most operands that are not themselves broadcast, plain on a
 * tie; failing those, that of the largest operand of full rank. Conditions are a quarter of the
 * size of numbers, so they have a vote only among themselves.
 */
function commonOrder(operands: readonly Traced[], shape: readonly number[]): Order {
  const plain = plainOrder(shape.length)
  const isFull = (operand: Traced) =>
    sameOrder(operand.shape, shape) &&
    sameOrder(operand.value.shape, physicalShape(shape, operand.order))
  const whole = operands.filter((operand) => isFull(operand) && !operand.value.constant)
  const numbers = whole.filter((operand) => operand.dtype !== 'bool')
  const full = numbers.length > 0 ? numbers : whole
  if (full.length > 0) {
    const votes = (order: Order) => full.filter((operand) => sameOrder(operand.order, order)).length
    return full
      .map((operand) => operand.order)
      .reduce((best, order) => (votes(order) > votes(best) ? order : best), plain)
  }
  const size = (operand: Traced) => operand.value.shape.reduce((product, side) => product * side, 1)
  const ofRank = operands.filter((operand) => operand.shape.length === shape.length)
  if (ofRank.length === 0) return plain
  return ofRank.reduce((best, operand) => (size(operand) > size(best) ? operand : best)).order
}

/** A traced tensor with axes of size 1 in front, up to `rank`. */
function padRank(lowering: Lowering, traced: Traced, rank: number): Traced {
  const missing = rank - traced.shape.length
  if (missing === 0) return traced
  const ones = new Array<number>(missing).fill(1)
  const value = lowering.reshape(traced.value, [...ones, ...traced.value.shape])
  const order = [...plainOrder(missing), ...traced.order.map((axis) => axis + missing)]
  return lowering.ordered(value, [...ones, ...traced.shape], order)
}

/** Runs an ONNX operator over operands that broadcast, in the order that moves the least memory. */
function elementwise(
  lowering: Lowering,
  op: string,
  operands: readonly Traced[],
  dtype: TracedDType,
  attributes: Record<string, Attribute> = {},
): Traced {
  const shape = broadcastShape(operands.map((operand) => operand.shape))
  const padded = operands.map((operand) => padRank(lowering, operand, shape.length))
  const order = commonOrder(padded, shape)
  const values = padded.map((operand) => lowering.readBroadcast(operand, order))
  const physical = broadcastShape(values.map((value) => value.shape))
  const known = foldedConstant(op, values, physical)
  const value = known
    ? lowering.graph.constant('float32', physical, known)
    : lowering.node(op, values, { dtype, shape: physical }, attributes)
  return lowering.ordered(value, shape, order)
}

/** The one number that fills a traced tensor, if it is known. */
function uniformOf(traced: Traced): number | undefined {
  const { constant } = traced.value
  return constant?.length === 1 ? Number(constant[0]) : undefined
}

for (const [kernel, op] of Object.entries(UNARY)) {
  lower(kernel, (lowering, { inputs }) => {
    const x = inputs.x ?? inputs.logits
    const dtype = BOOL_RESULTS.has(op) ? 'bool' : x.dtype
    return elementwise(lowering, op, [x], dtype)
  })
}

for (const [kernel, { op, compute }] of Object.entries(BINARY)) {
  lower(kernel, (lowering, { inputs: { a, b } }) => {
    const left = uniformOf(a)
    const right = uniformOf(b)
    if (left !== undefined && right !== undefined) {
      const shape = broadcastShape([a.shape, b.shape])
      return lowering.filled(
        a.dtype,
        shape,
        numbersOf(a.dtype, [compute(left, right)])[0] as number,
      )
    }
    const neutral = withoutNeutral(kernel, a, b, left, right)
    if (neutral) return neutral
    if (kernel === 'Add') {
      const biased = addBias(lowering, a, b) ?? addBias(lowering, b, a)
      if (biased) return biased
    }
    if (kernel === 'Multiply') {
      const masked = multiplyByMask(lowering, a, b) ?? multiplyByMask(lowering, b, a)
      if (masked) return masked
    }
    if (op === 'Mod' && a.dtype === 'float32') return floorMod(lowering, a, b)
    return elementwise(lowering, op, [a, b], a.dtype)
  })
}

/** `x * 1`, `x + 0`, `x - 0` and `x / 1` are `x`, where `x` has the result's shape. */
function withoutNeutral(
  kernel: string,
  a: Traced,
  b: Traced,
  left: number | undefined,
  right: number | undefined,
): Traced | undefined {
  const shape = broadcastShape([a.shape, b.shape])
  const neutral = kernel === 'Multiply' || kernel === 'RealDiv' ? 1 : 0
  if (!['Add', 'Sub', 'Multiply', 'RealDiv'].includes(kernel)) return undefined
  if (right === neutral && sameOrder(a.shape, shape)) return a
  if (left === neutral && sameOrder(b.shape, shape) && ['Add', 'Multiply'].includes(kernel))
    return b
  return undefined
}

/** A convolution and a bias for each of its channels: one Conv with three inputs. */
function addBias(lowering: Lowering, x: Traced, bias: Traced): Traced | undefined {
  const last = x.value.producer
  const fromBlocks = last?.op === 'ReorderOutput' ? last : undefined
  const conv = fromBlocks ? fromBlocks.inputs[0]?.producer : last
  const channels = x.shape[x.shape.length - 1]
  const isChannelsFirst = sameOrder(x.order, [0, 3, 1, 2])
  if (conv?.op !== 'Conv' || conv.inputs.length !== 2 || !isChannelsFirst) return undefined
  if (!sameOrder(bias.shape, [channels])) return undefined
  const output = { dtype: x.value.dtype, shape: x.value.shape }
  const inputs = [...conv.inputs, lowering.read(bias)]
  let value = lowering.node('Conv', inputs, output, { ...conv.attributes }, conv.domain)
  if (fromBlocks) {
    const { op, attributes, domain } = fromBlocks
    value = lowering.node(op, [value], output, { ...attributes }, domain)
  }
  return lowering.ordered(value, x.shape, x.order)
}

/**
 * `x * cast(condition)` as one Where, with the condition's values never turned into numbers: the
 * gradient of ReLU is such a product.
 */
function multiplyByMask(lowering: Lowering, x: Traced, mask: Traced): Traced | undefined {
  const cast = mask.value.producer
  if (cast?.op !== 'Cast' || x.dtype !== 'float32') return undefined
  const condition = cast.inputs[0]
  if (condition?.dtype !== 'bool') return undefined
  const selected = lowering.ordered(condition, mask.shape, mask.order)
  return elementwise(lowering, 'Where', [selected, x, lowering.filled('float32', [], 0)], 'float32')
}

function floorMod(lowering: Lowering, a: Traced, b: Traced): Traced {
  const quotient = elementwise(lowering, 'Div', [a, b], 'float32')
  const whole = elementwise(lowering, 'Floor', [quotient], 'float32')
  return elementwise(
    lowering,
    'Sub',
    [a, elementwise(lowering, 'Mul', [whole, b], 'float32')],
    'float32',
  )
}

for (const [kernel, op] of Object.entries(COMPARISONS)) {
  lower(kernel, (lowering, { inputs: { a, b } }) => elementwise(lowering, op, [a, b], 'bool'))
}

lower('NotEqual', (lowering, { inputs: { a, b } }) =>
  elementwise(lowering, 'Not', [elementwise(lowering, 'Equal', [a, b], 'bool')], 'bool'),
)

lower('FloorDiv', (lowering, { inputs: { a, b } }) => {
  const as = (x: Traced) => castTo(lowering, x, 'float32')
  const quotient = elementwise(lowering, 'Div', [as(a), as(b)], 'float32')
  return castTo(lowering, elementwise(lowering, 'Floor', [quotient], 'float32'), a.dtype)
})

lower('SquaredDifference', (lowering, { inputs: { a, b } }) => {
  const difference = elementwise(lowering, 'Sub', [a, b], a.dtype)
  return elementwise(lowering, 'Mul', [difference, difference], a.dtype)
})

lower('AddN', (lowering, { inputs }) =>
  Object.values(inputs).reduce((sum, term) => elementwise(lowering, 'Add', [sum, term], sum.dtype)),
)

lower('Square', (lowering, { inputs: { x } }) => elementwise(lowering, 'Mul', [x, x], x.dtype))

lower('Rsqrt', (lowering, { inputs: { x } }) =>
  elementwise(lowering, 'Reciprocal', [elementwise(lowering, 'Sqrt', [x], x.dtype)], x.dtype),
)

lower('Log1p', (lowering, { inputs: { x } }) =>
  elementwise(
    lowering,
    'Log',
    [elementwise(lowering, 'Add', [x, lowering.filled('float32', [], 1)], x.dtype)],
    x.dtype,
  ),
)

lower('Expm1', (lowering, { inputs: { x } }) =>
  elementwise(
    lowering,
    'Sub',
    [elementwise(lowering, 'Exp', [x], x.dtype), lowering.filled('float32', [], 1)],
    x.dtype,
  ),
)

lower('IsFinite', (lowering, { inputs: { x } }) => {
  const nan = elementwise(lowering, 'IsNaN', [x], 'bool')
  const infinite = elementwise(lowering, 'IsInf', [x], 'bool')
  return elementwise(
    lowering,
    'Not',
    [elementwise(lowering, 'Or', [nan, infinite], 'bool')],
    'bool',
  )
})

lower(['Relu6', 'ClipByValue'], (lowering, { name, inputs: { x }, attributes }) => {
  const limits =
    name === 'Relu6' ? [0, 6] : [Number(attributes.clipValueMin), Number(attributes.clipValueMax)]
  const [low, high] = limits.map((limit) => lowering.filled(x.dtype, [], limit))
  const raised = elementwise(lowering, 'Max', [x, low], x.dtype)
  return elementwise(lowering, 'Min', [raised, high], x.dtype)
})

lower('LeakyRelu', (lowering, { inputs: { x }, attributes }) =>
  elementwise(lowering, 'LeakyRelu', [x], x.dtype, { alpha: { float: Number(attributes.alpha) } }),
)

lower('Prelu', (lowering, { inputs: { x, alpha } }) => {
  const slope = padRank(lowering, alpha, x.shape.length)
  const value = lowering.node('PRelu', [x.value, lowering.readBroadcast(slope, x.order)], {
    dtype: x.dtype,
    shape: x.value.shape,
  })
  return lowering.ordered(value, x.shape, x.order)
})

lower('Step', (lowering, { inputs: { x }, attributes }) => {
  const zero = lowering.filled(x.dtype, [], 0)
  const positive = elementwise(lowering, 'Greater', [x, zero], 'bool')
  const alpha = Number(attributes.alpha ?? 0)
  if (alpha === 0) return castTo(lowering, positive, x.dtype)
  const [one, slope] = [1, alpha].map((value) => lowering.filled(x.dtype, [], value))
  return elementwise(lowering, 'Where', [positive, one, slope], x.dtype)
})

lower('EluGrad', (lowering, { inputs: { dy, y } }) => {
  const zero = lowering.filled('float32', [], 0)
  const one = lowering.filled('float32', [], 1)
  const positive = elementwise(lowering, 'GreaterOrEqual', [y, zero], 'bool')
  const slope = elementwise(lowering, 'Add', [y, one], 'float32')
  const below = elementwise(lowering, 'Mul', [dy, slope], 'float32')
  return elementwise(lowering, 'Where', [positive, dy, below], 'float32')
})

lower('Select', (lowering, { inputs: { condition, t, e } }) => {
  const missing = t.shape.length - condition.shape.length
  if (missing <= 0) return elementwise(lowering, 'Where', [condition, t, e], t.dtype)
  // A condition of lower rank selects whole rows: its axes are the leading ones.
  const shape = [...condition.shape, ...new Array<number>(missing).fill(1)]
  const rows = lowering.plain(lowering.reshape(lowering.read(condition), shape))
  return elementwise(lowering, 'Where', [rows, t, e], t.dtype)
})

function castTo(lowering: Lowering, x: Traced, dtype: TracedDType): Traced {
  if (x.dtype === dtype) return x
  const uniform = uniformOf(x)
  if (uniform !== undefined) {
    const value = dtype === 'bool' ? Number(uniform !== 0) : uniform
    return { ...lowering.filled(dtype, x.shape, dtype === 'int32' ? Math.trunc(value) : value) }
  }
  return lowering.ordered(lowering.cast(x.value, dtype), x.shape, x.order)
}

lower('Cast', (lowering, { inputs: { x }, attributes }: KernelCall) =>
  castTo(lowering, x, attributes.dtype as TracedDType),
)

lower(['ZerosLike', 'OnesLike'], (lowering, { name, inputs: { x } }) =>
  lowering.filled(x.dtype, x.shape, name === 'OnesLike' ? 1 : 0),
)

export { castTo, elementwise }
