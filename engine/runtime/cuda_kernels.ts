import type { Attribute, Node, Value } from '../trace/graph.js'
import type { CudaKernel, CudaKernelList, KernelType } from './cuda_kernel_list.js'

/** A node that ONNX Runtime runs on the CPU although its CUDA provider is asked for. */
export interface CpuNode {
  node: Node
  /** Such as `MaxUnpool has no CUDA kernel`. */
  reason: string
  /**
   * True if nothing but counting is moved to the CPU: all that the node takes and gives are integers or truth values,
   * at most 100 of them. ONNX Runtime itself prefers the CPU for such nodes where their inputs lie there.
   */
  isShapeArithmetic: boolean
}

/** Up to how many numbers ONNX Runtime calls a tensor small: `kSmallInitializerThreshold`, fallback_cpu_capability.cc. */
const SMALL_SIZE = 100

const COUNTING: ReadonlySet<string> = new Set(['bool', 'int32', 'int64', 'uint8'])

/**
 * The nodes of a graph that have no CUDA kernel, in their order. The graph must be traced for the target
 * `portable`; what ONNX Runtime makes of it when it fuses nodes is not looked at.
 */
export function unsupportedNodes(nodes: readonly Node[], list: CudaKernelList): CpuNode[] {
  return nodes.flatMap((node) => {
    const reason = unsupported(node, list)
    return reason === undefined
      ? []
      : [{ node, reason, isShapeArithmetic: isShapeArithmetic(node) }]
  })
}

function unsupported(node: Node, { opset, kernels }: CudaKernelList): string | undefined {
  const name = node.domain === '' ? node.op : `${node.domain}.${node.op}`
  const kernel = kernels[name]
  if (!kernel) return `${name} has no CUDA kernel`
  if (!computesDefinition(kernel)) {
    const { computes, definition } = kernel
    const known = typeof computes === 'number' ? computes : computes.join(' to ')
    return `${name} has a CUDA kernel for definition ${known}, but opset ${opset} uses ${definition}`
  }
  return wrongType(name, node, kernel) ?? wrongAttribute(name, node.attributes)
}

/** As `VerifyVersion` in kernel_registry.cc: a kernel without a last definition computes its first one only. */
function computesDefinition({ definition, computes }: CudaKernel): boolean {
  if (typeof computes === 'number') return computes === definition
  return computes[0] <= definition && definition <= computes[1]
}

function wrongType(
  name: string,
  { inputs, outputs }: Node,
  kernel: CudaKernel,
): string | undefined {
  const first = (
    side: string,
    values: readonly (Value | undefined)[],
    names: readonly string[],
  ) => {
    for (const [i, value] of values.entries()) {
      const allowed = typesOf(kernel, names[Math.min(i, names.length - 1)])
      if (value === undefined || allowed.includes(value.dtype)) continue
      const choices = [...allowed].sort().join(', ')
      return `${name} has no CUDA kernel for ${side} ${i} of ${value.dtype}, but for ${choices}`
    }
    return undefined
  }
  return first('input', inputs, kernel.inputs) ?? first('output', outputs, kernel.outputs)
}

function typesOf({ types }: CudaKernel, name: string): readonly KernelType[] {
  return types[name] ?? [name as KernelType]
}

/** What `CUDAExecutionProvider::GetCapability` refuses beside types, of the operators we have. */
function wrongAttribute(
  name: string,
  { pads }: Readonly<Record<string, Attribute>>,
): string | undefined {
  if (name !== 'ConvTranspose' || !Array.isArray(pads)) return undefined
  const half = pads.length / 2
  const isEven = pads.slice(0, half).every((pad, i) => pad === pads[half + i])
  return isEven ? undefined : `ConvTranspose has a CUDA kernel for equal pads only, not for ${pads}`
}

/** See `CpuNode`. */
export function isShapeArithmetic({ inputs, outputs }: Node): boolean {
  return [...inputs, ...outputs].every(
    (value) => value === undefined || (COUNTING.has(value.dtype) && isSmall(value.shape)),
  )
}

/** Sides below 0 are known only when the graph runs. */
function isSmall(shape: readonly number[]): boolean {
  return shape.every((side) => side >= 0) && shape.reduce((a, b) => a * b, 1) <= SMALL_SIZE
}
