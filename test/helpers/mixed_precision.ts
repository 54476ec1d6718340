import type { ExecutionContext } from 'ava'
import { compile, type TensorTree, type Tree } from '../../engine/index.js'
import type { HostTree } from '../../engine/tensors.js'
import type { Node } from '../../engine/trace/graph.js'
import { type Signature, trace } from '../../engine/trace/trace.js'
import type * as tf from '../../tf/tf.js'

/** Half of a last place of float16, relative. */
export const ROUNDING = 2 ** -11

export const floats = (...shape: number[]): Signature => ({ dtype: 'float32', shape })

/** What can be traced and run in both precisions. */
export type Function = (inputs: Record<string, tf.Tensor>) => TensorTree

/** The nodes of a function in mixed precision. */
export function half(fn: Function, signatures: Tree<Signature>): readonly Node[] {
  return trace('half', fn as (inputs: TensorTree) => TensorTree, signatures, { precision: 'fp16' })
    .nodes
}

/**
 * What the nodes of an operator compute in: the types of their results, of a comparison those of
 * its operands.
 */
export function typesOf(nodes: readonly Node[], op: string): string[] {
  return nodes
    .filter((node) => node.op === op)
    .map(
      ({ outputs, inputs }) => (op === 'Greater' ? inputs[0]?.dtype : outputs[0].dtype) as string,
    )
}

/** Results in `fp32` and in `fp16`. */
export async function run(
  fn: Function,
  inputs: Tree<{ shape: readonly number[]; data: Float32Array }>,
) {
  const tensors = inputs as HostTree<Record<string, tf.Tensor>>
  const results = []
  for (const precision of ['fp32', 'fp16'] as const) {
    const compiled = compile(fn, { name: 'mixed', precision })
    results.push(await compiled.run(tensors))
    await compiled.dispose()
  }
  return results as Record<string, { data: Float32Array }>[]
}

/** Numbers between `offset - scale` and `offset + scale`, the same each time. */
export function waves(shape: readonly number[], { scale = 1, offset = 0, step = 1.7 } = {}) {
  const size = shape.reduce((product, side) => product * side, 1)
  const data = Float32Array.from(
    { length: size },
    (_, i) => offset + scale * Math.sin(step * i + 0.3),
  )
  return { dtype: 'float32' as const, shape, data }
}

/** The largest difference, over the largest number. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const largest = (numbers: number[]) => Math.max(...numbers.map(Math.abs))
  return largest(Array.from(a, (x, i) => x - b[i])) / largest(Array.from(b))
}

/** Passes if there are nodes of an operator, and all of them compute in `type`. */
export function allAre(
  t: ExecutionContext,
  nodes: readonly Node[],
  op: string,
  type: string,
): void {
  const types = typesOf(nodes, op)
  t.true(types.length > 0, op)
  t.deepEqual([...new Set(types)], [type], op)
}

/** Whether a node takes or gives a type. */
export function touches({ inputs, outputs }: Node, type: string): boolean {
  return [...inputs, ...outputs].some((value) => value?.dtype === type)
}
