import type { Node } from '../engine/trace/graph.js'
import { sizeOf } from '../host_tensor.js'

/** Multiply-accumulates of a convolution or matrix product; 0 of anything else. */
export function multiplyAccumulates({ op, inputs, outputs, attributes }: Node): number {
  const [a, b] = inputs.map((input) => input?.shape ?? [])
  switch (op) {
    case 'Conv': // kernel [out, in / groups, kh, kw]
      return sizeOf(outputs[0].shape) * sizeOf(b.slice(1))
    case 'ConvTranspose': // kernel [in, out / groups, kh, kw]
      return sizeOf(a) * sizeOf(b.slice(1))
    case 'MatMul':
    case 'FusedMatMul':
    case 'Gemm':
      return sizeOf(outputs[0].shape) * a[a.length - (attributes.transA ? 2 : 1)]
    default:
      return 0
  }
}
