import { sizeOf } from '../../host_tensor.js'
import type { Node, Value } from './graph.js'

/** A mark that `fullPrecision` of `ops/` leaves; no ONNX operator, and in no graph that is done. */
export const FULL_PRECISION = 'FullPrecision'
export const OWN_DOMAIN = 'vanilladet'

/** Products, most of the work: factors in float16, sums in float32 on CUDA. */
const LAYERS: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'FusedMatMul',
  'Gemm',
  'MatMul',
])

/** What computes nothing: places change, or the largest of some numbers is found. */
const MOVES: ReadonlySet<string> = new Set([
  'Compress',
  'Concat',
  'Expand',
  'Gather',
  'GatherND',
  'MaxPool',
  'Pad',
  'ReduceMax',
  'ReduceMin',
  'Reshape',
  'Resize',
  'Slice',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
])

/**
 * What makes numbers of about the size of those it is made of. CUDA's kernels of sums, averages,
 * norms and softmax count in float32 inside, so that only their results are rounded.
 */
const FOLLOWERS: ReadonlySet<string> = new Set([
  'Abs',
  'Add',
  'AveragePool',
  'Clip',
  'Equal',
  'Erf',
  'Greater',
  'GreaterOrEqual',
  'LayerNormalization',
  'LeakyRelu',
  'Less',
  'LessOrEqual',
  'Max',
  'Min',
  'Mul',
  'Neg',
  'PRelu',
  'ReduceSum',
  'Relu',
  'Sigmoid',
  'Sign',
  'Softmax',
  'Sub',
  'Tanh',
  'Where',
])

/** The largest number of float16, and the smallest of full precision. */
const LARGEST = 65504
const SMALLEST = 2 ** -14

/**
 * Chooses the nodes that compute in float16, by these rules:
 *
 * 1. Layers (`LAYERS`) do, but for products of marked values alone.
 * 2. Moves (`MOVES`) leave numbers as they are: they take the type that comes, or that which all
 * their users want.
 * 3. Followers (`FOLLOWERS`) do where all their full-size operands are float16 already. Smaller
 *    ones, such as one number a channel, are then narrowed. A known number that float16 cannot hold
 *    keeps what reads it in float32, moves too unless all their users narrow it anyway.
 * 4. Everything else is float32: means, squares and what is made only for them, exponentials,
 *    logarithms, roots, divisions, scattered sums. Exceptions that cannot leave the range are
 *    divisions by known numbers and the exponential of minus a square, in the gradient of GELU.
 * 5. What is marked (`fullPrecision`) is float32, with all that is made of it up to the next layer.
 *
 * What no layer has come before is so float32 throughout: pixels, ground truth, known numbers,
 * state. Marks are for what comes behind layers: losses, whose sums leave float16, and coordinates.
 * The training step marks gradients too, so that they are float32 in their norm and in the
 * optimizer.
 *
 * What can still overflow: gradients, and sums of them over a map, times the loss scale; that shows
 * in the gradients' norm, the step is left out and the scale lowered. And activations beyond 65504,
 * which no scale helps.
 */
export function float16Nodes(nodes: readonly Node[], outputs: readonly Value[]): ReadonlySet<Node> {
  const chosen = chooseForward(nodes)
  const usersOf = listUsers(nodes)
  const kept = new Set(outputs)
  for (const node of nodes.toReversed()) {
    const floats = node.outputs.filter(isFloat)
    const users = floats.flatMap((value) => usersOf.get(value) ?? [])
    if (users.length === 0 || floats.some((value) => kept.has(value))) continue
    if (chosen.has(node)) {
      if (FOLLOWERS.has(node.op) && users.every(isStatistic)) chosen.delete(node)
    } else if (isMove(node)) {
      if (users.every((user) => chosen.has(user))) chosen.add(node)
    }
  }
  return chosen
}

/** Nodes that are chosen by what comes into each. */
function chooseForward(nodes: readonly Node[]): Set<Node> {
  const chosen = new Set<Node>()
  const marked = new Set<Value>()
  const pliant = new Set<Value>()
  const isHalf = (value: Value) =>
    value.producer !== undefined && chosen.has(value.producer) && !isNormStatistic(value)
  const isPliant = (value: Value) => value.constant !== undefined || pliant.has(value)

  for (const node of nodes) {
    const operands = operandsOf(node)
    const results = node.outputs.filter(isFloat)
    const isMarked = node.op === FULL_PRECISION || operands.some((value) => marked.has(value))
    if (LAYERS.has(node.op) && !operands.every((value) => marked.has(value))) {
      chosen.add(node)
    } else if (isMarked) {
      for (const value of results) marked.add(value)
    } else if (operands.every(fitsFloat16)) {
      const moved = isMove(node) ? operands : undefined
      const led = isFollower(node) ? fullSize(operands) : []
      const given = (moved ?? led).filter((value) => !isPliant(value))
      if (given.length > 0 && given.every(isHalf)) chosen.add(node)
      else if (moved && given.length === 0) for (const value of results) pliant.add(value)
    }
  }
  return chosen
}

/** The operands of a node's own type; sizes of a Resize are always float32. */
export function operandsOf({ op, inputs }: Node): Value[] {
  const typed = op === 'Resize' ? inputs.slice(0, 1) : inputs
  return typed.filter((value) => value !== undefined).filter(isFloat)
}

function isFloat({ dtype }: Value): boolean {
  return dtype === 'float32'
}

/** Moves, and truth values made numbers: 0 and 1 are the same in any type. */
function isMove(node: Node): boolean {
  const { op, inputs, attributes } = node
  if (op === 'Cast') return inputs[0]?.dtype === 'bool' && isFloat(node.outputs[0])
  if (op === 'ScatterElements') return attributes.reduction === undefined
  return MOVES.has(op)
}

function isFollower(node: Node): boolean {
  const { op, inputs } = node
  if (isStatistic(node)) return false
  if (op === 'Div') return inputs[1]?.constant !== undefined
  if (op === 'Exp') return isMinusSquare(inputs[0] as Value)
  return FOLLOWERS.has(op)
}

/** Means and squares: what variances are made of. */
function isStatistic({ op, inputs }: Node): boolean {
  return op === 'ReduceMean' || (op === 'Mul' && inputs[0] === inputs[1])
}

/** `(x * k) * x` with a known k below 0. */
function isMinusSquare({ producer }: Value): boolean {
  if (producer?.op !== 'Mul') return false
  const [a, b] = producer.inputs as [Value, Value]
  const isMinus = (scaled: Value, x: Value) => {
    if (scaled.producer?.op !== 'Mul' || !scaled.producer.inputs.includes(x)) return false
    return scaled.producer.inputs.some((factor) => Number(factor?.constant?.[0]) < 0)
  }
  return isMinus(a, b) || isMinus(b, a)
}

/** Mean and inverse deviation of each row, which a norm returns in float32 beside any type. */
export function isNormStatistic(value: Value): boolean {
  const { producer } = value
  return producer?.op === 'LayerNormalization' && value !== producer.outputs[0]
}

/** How many rows a ReduceSum adds up, if its axes are the leading ones; sides of 1 do not count. */
export function addedRows({ inputs: [x, axes] }: Node): number | undefined {
  const { shape } = x as Value
  const reduced = new Set(Array.from(axes?.constant ?? [], Number))
  const long = shape.flatMap((side, axis) => (side === 1 ? [] : [axis]))
  const leading = long.filter((axis) => reduced.has(axis))
  const areFirst = leading.every((axis, i) => axis === long[i])
  if (!areFirst || leading.length === 0 || leading.length === long.length) return undefined
  return sizeOf(leading.map((axis) => shape[axis]))
}

/** Those as large as the largest; sides that are known only when running count as 1. */
function fullSize(operands: readonly Value[]): Value[] {
  const sizes = operands.map(({ shape }) => sizeOf(shape.map((side) => Math.max(side, 1))))
  const largest = Math.max(...sizes)
  return operands.filter((_, i) => sizes[i] === largest)
}

function fitsFloat16({ constant }: Value): boolean {
  if (!(constant instanceof Float32Array)) return true
  if (constant.length === 1) {
    const magnitude = Math.abs(constant[0])
    if (magnitude > 0 && magnitude < SMALLEST) return false
  }
  return constant.every((value) => !Number.isFinite(value) || Math.abs(value) <= LARGEST)
}

function listUsers(nodes: readonly Node[]): Map<Value, Node[]> {
  const usersOf = new Map<Value, Node[]>()
  for (const node of nodes) {
    for (const value of operandsOf(node)) {
      const users = usersOf.get(value)
      if (users) users.push(node)
      else usersOf.set(value, [node])
    }
  }
  return usersOf
}
