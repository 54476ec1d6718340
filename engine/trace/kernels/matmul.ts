import type { Value } from '../graph.js'
import { type Order, physicalShape } from '../layout.js'
import { type Lowering, lower, type Traced } from '../lowering.js'

/**
 * A batched product of matrices `[..., m, k] x [..., k, n]`, either side transposed at no cost.
 * Broadcasts leading axes as NumPy does. Graphs that run here ask for ONNX Runtime's FusedMatMul;
 * exported files turn a side by a Transpose, which ONNX Runtime makes the same of.
 */
export function matMul(
  lowering: Lowering,
  left: Value,
  right: Value,
  options: { transposeA?: boolean; transposeB?: boolean } = {},
): Value {
  // A weight that is known now is turned now, so that the node is ONNX's own.
  const isTurned = (side: Value) => lowering.target === 'portable' || side.constant !== undefined
  const turn = (side: Value) => lowering.transpose(side, swappedLast(side.shape.length))
  const [turnA, turnB] = [
    options.transposeA && isTurned(left),
    options.transposeB && isTurned(right),
  ]
  const [a, b] = [turnA ? turn(left) : left, turnB ? turn(right) : right]
  const transposeA = Boolean(options.transposeA) && !turnA
  const transposeB = Boolean(options.transposeB) && !turnB
  const [m] = a.shape.slice(transposeA ? -1 : -2)
  const [n] = b.shape.slice(transposeB ? -2 : -1)
  const rank = Math.max(a.shape.length, b.shape.length)
  const batch = Array.from({ length: rank - 2 }, (_, axis) =>
    Math.max(
      a.shape[axis - rank + a.shape.length] ?? 1,
      b.shape[axis - rank + b.shape.length] ?? 1,
    ),
  )
  const output = { dtype: a.dtype, shape: [...batch, m, n] }
  if (!transposeA && !transposeB) return lowering.node('MatMul', [a, b], output)
  const flags = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 }
  return lowering.node('FusedMatMul', [a, b], output, flags, 'com.microsoft')
}

function swappedLast(rank: number): number[] {
  return [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]
}

lower('BatchMatMul', (lowering, { inputs: { a, b }, attributes }) => {
  const left = matrices(lowering, a, Boolean(attributes.transposeA))
  const right = matrices(lowering, b, Boolean(attributes.transposeB))
  const product = matMul(lowering, left.value, right.value, {
    transposeA: left.transposed,
    transposeB: right.transposed,
  })
  return lowering.plain(product)
})

/**
 * A stack of matrices as it lies in memory, and whether it must be read with its last axes
 * exchanged.
 */
function matrices(
  lowering: Lowering,
  x: Traced,
  transposed: boolean,
): { value: Value; transposed: boolean } {
  const rank = x.shape.length
  const last = x.order[rank - 1]
  const swapped: Order = swappedLast(rank)
  const liesSwapped = last === rank - 2 && x.order.every((axis, i) => axis === swapped[i])
  if (!liesSwapped) return { value: lowering.read(x), transposed }
  const value = lowering.expand(x.value, physicalShape(x.shape, swapped))
  return { value, transposed: !transposed }
}
