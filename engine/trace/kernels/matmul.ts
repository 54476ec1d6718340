import type { Value } from '../graph.js'
import { type Order, physicalShape } from '../layout.js'
import { type Lowering, lower, type Traced } from '../lowering.js'

/**
 * A batched product of matrices `[..., m, k] x [..., k, n]`, either side transposed at no cost.
 * Broadcasts leading axes as NumPy does. ONNX Runtime's FusedMatMul runs on CPU and CUDA.
 */
export function matMul(
  lowering: Lowering,
  a: Value,
  right: Value,
  options: { transposeA?: boolean; transposeB?: boolean } = {},
): Value {
  const { transposeA = false } = options
  // A weight that is known now is turned now, so that the node is ONNX's own.
  const isTurned = Boolean(options.transposeB && right.constant)
  const b = isTurned ? lowering.transpose(right, swappedLast(right.shape.length)) : right
  const transposeB = Boolean(options.transposeB) && !isTurned
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

/** A stack of matrices as it lies in memory, and whether it must be read with its last axes exchanged. */
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
