import { sizeOf } from '../../host_tensor.js'
import type { Numbers, Value } from './graph.js'

/**
 * Operators whose results in float32 are the rounded ones of float64: computed when tracing or
 * running, the same.
 */
const COMPUTED: Record<string, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Sqrt: Math.sqrt,
}

/**
 * The numbers of an element-wise operation on known numbers, so that what is made of weights alone,
 * such as a kernel with a norm folded in, is a constant like a weight. None where operands are not
 * known, or where the result would be larger than they are.
 *
 * @param shape of the result, to which operands are broadcast.
 */
export function foldedConstant(
  op: string,
  operands: readonly Value[],
  shape: readonly number[],
): Numbers | undefined {
  const compute = COMPUTED[op]
  const size = sizeOf(shape)
  if (!compute || operands.some(({ dtype, constant }) => dtype !== 'float32' || !constant)) return
  if (operands.every((operand) => sizeOf(operand.shape) < size)) return
  const [a, b] = operands.map((operand) => broadcastNumbers(operand, shape))
  const result = new Float32Array(size)
  for (let i = 0; i < size; i++) result[i] = compute(a[i], b?.[i])
  return result
}

/** A constant's numbers, repeated along the axes in which it is 1. */
function broadcastNumbers(value: Value, shape: readonly number[]): Float32Array {
  const numbers = value.constant as Float32Array
  const size = sizeOf(shape)
  if (numbers.length === size) return numbers
  const sides = [...shape.map(() => 1).slice(value.shape.length), ...value.shape]
  const steps = sides.map((side, axis) => (side === 1 ? 0 : sizeOf(sides.slice(axis + 1))))
  const index = shape.map(() => 0)
  const result = new Float32Array(size)
  for (let to = 0, from = 0; to < size; to++) {
    result[to] = numbers[from]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]
      if (++index[axis] < shape[axis]) break
      from -= steps[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return result
}
