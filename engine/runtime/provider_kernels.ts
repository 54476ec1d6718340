import type { Node, Value } from '../trace/graph.js'

/** Element types by their names in `ElementType`, and those that no graph of ours has yet. */
export type KernelType =
  | 'bfloat16'
  | 'bool'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'int8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'uint8'

/**
 * One operator. Parameters are named as in its ONNX definition, so that those of one name have one
 * type.
 */
export interface ProviderKernel {
  /** The definition of the operator that `opset` uses: the opset that it came with. */
  readonly definition: number
  /**
   * Definitions that the kernel computes. One number is what ONNX Runtime's document writes as
   * `13+`: that definition, and no later one, since ONNX Runtime cannot know what later ones ask
   * for.
   */
  readonly computes: readonly [first: number, last: number] | number
  /**
   * The type parameter, or the one type, of each input; the last one's holds for all that follow.
   */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** What each type parameter may be. */
  readonly types: Readonly<Record<string, readonly KernelType[]>>
  /** Set if the provider refuses nodes whose pads differ at the two ends of an axis. */
  readonly pads?: 'equal'
}

/** What one provider of ONNX Runtime computes. */
export interface KernelList {
  /** Name of the provider in sentences. */
  readonly provider: string
  /** The opset that definitions are given for. */
  readonly opset: number
  /** By name; other domains than ONNX's own stand before it, with a dot. */
  readonly kernels: Readonly<Record<string, ProviderKernel>>
}

/** A node that ONNX Runtime runs on the CPU although another provider is asked for. */
export interface CpuNode {
  node: Node
  /** Reason, such as `MaxUnpool has no CUDA kernel`. */
  reason: string
  /**
   * True if nothing but counting is moved to the CPU: all that the node takes and returns are
   * integers or truth values, at most 100 of them. ONNX Runtime itself prefers the CPU for such
   * nodes where their inputs lie there.
   */
  isShapeArithmetic: boolean
}

/**
 * Up to how many numbers ONNX Runtime calls a tensor small: `kSmallInitializerThreshold`,
 * fallback_cpu_capability.cc.
 */
const SMALL_SIZE = 100

const COUNTING: ReadonlySet<string> = new Set(['bool', 'int32', 'int64', 'uint8'])

/**
 * The nodes of a graph that a provider has no kernel for, in their order. The graph must be traced
 * for the target `portable`; what ONNX Runtime makes of it when it fuses nodes is not looked at.
 */
export function unsupportedNodes(nodes: readonly Node[], list: KernelList): CpuNode[] {
  return nodes.flatMap((node) => {
    const reason = unsupported(node, list)
    return reason === undefined
      ? []
      : [{ node, reason, isShapeArithmetic: isShapeArithmetic(node) }]
  })
}

function unsupported(node: Node, { provider, opset, kernels }: KernelList): string | undefined {
  const name = node.domain === '' ? node.op : `${node.domain}.${node.op}`
  const kernel = kernels[name]
  const lacks = `${name} has no ${provider} kernel`
  const has = `${name} has a ${provider} kernel`
  if (!kernel) return lacks
  if (!computesDefinition(kernel)) {
    const { computes, definition } = kernel
    const known = typeof computes === 'number' ? computes : computes.join(' to ')
    return `${has} for definition ${known}, but opset ${opset} uses ${definition}`
  }
  const type = wrongType(node, kernel)
  if (type) return `${lacks} for ${type}`
  const { pads } = node.attributes
  if (kernel.pads === 'equal' && Array.isArray(pads) && !areEqual(pads)) {
    return `${has} for equal pads only, not for ${pads}`
  }
  return undefined
}

/**
 * Checks a definition as `VerifyVersion` does in kernel_registry.cc: a kernel without a last
 * definition computes its first one only.
 */
function computesDefinition({ definition, computes }: ProviderKernel): boolean {
  if (typeof computes === 'number') return computes === definition
  return computes[0] <= definition && definition <= computes[1]
}

/** The first value of a type that the kernel lacks, with the types it has. */
function wrongType({ inputs, outputs }: Node, kernel: ProviderKernel): string | undefined {
  const first = (
    side: string,
    values: readonly (Value | undefined)[],
    names: readonly string[],
  ) => {
    for (const [i, value] of values.entries()) {
      const allowed = typesOf(kernel, names[Math.min(i, names.length - 1)])
      if (value === undefined || allowed.includes(value.dtype)) continue
      return `${side} ${i} of ${value.dtype}, but for ${[...allowed].sort().join(', ')}`
    }
    return undefined
  }
  return first('input', inputs, kernel.inputs) ?? first('output', outputs, kernel.outputs)
}

function typesOf({ types }: ProviderKernel, name: string): readonly KernelType[] {
  return types[name] ?? [name as KernelType]
}

/** @param pads those at the start of each axis, then those at its end. */
function areEqual(pads: readonly unknown[]): boolean {
  const half = pads.length / 2
  return pads.slice(0, half).every((pad, i) => pad === pads[half + i])
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
