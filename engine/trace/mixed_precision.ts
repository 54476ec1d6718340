import { sizeOf } from '../../host_tensor.js'
import { toFloat16 } from '../onnx/float16.js'
import {
  type Attribute,
  Graph,
  type Node,
  ONNX_TYPES,
  type OutputType,
  type Value,
} from './graph.js'
import {
  addedRows,
  FULL_PRECISION,
  float16Nodes,
  isNormStatistic,
  operandsOf,
} from './precision_rules.js'

/** A graph and the values of it that others know. */
export interface TracedGraph {
  nodes: readonly Node[]
  inputs: readonly Value[]
  outputs: readonly Value[]
}

/**
 * Rewrites a graph of float32 to mixed precision: nodes that `float16Nodes` chooses take and return
 * float16, the others float32, with a Cast between where needed, one for all who need it. Inputs
 * and outputs of the graph stay as they are: weights, for one, are kept in float32 and narrowed at
 * use. Constants are narrowed now.
 *
 * @returns the same inputs and outputs, in their order, as values of a new graph.
 */
export function mixedPrecision({ nodes, inputs, outputs }: TracedGraph): TracedGraph {
  const chosen = float16Nodes(nodes, outputs)
  const rewriting = new Rewriting()
  const newInputs = inputs.map((value) => rewriting.input(value))
  for (const node of nodes) rewriting.add(node, chosen.has(node))
  const newOutputs = rewriting.outputs(outputs)
  return { nodes: rewriting.graph.liveNodes(newOutputs), inputs: newInputs, outputs: newOutputs }
}

class Rewriting {
  readonly graph = new Graph()
  /** Old values to new ones, which may be float16 where the old ones are float32. */
  private readonly values = new Map<Value, Value>()
  /** Constants to the same ones in float16. */
  private readonly narrowed = new Map<Value, Value>()

  input(value: Value): Value {
    const made = this.graph.input(value.dtype, value.shape)
    this.values.set(value, made)
    return made
  }

  add(node: Node, isHalf: boolean): void {
    if (node.op === FULL_PRECISION) {
      this.values.set(node.outputs[0], this.float32(node.inputs[0] as Value))
      return
    }
    const rows = isHalf && node.op === 'ReduceSum' ? addedRows(node) : undefined
    if (rows !== undefined) {
      this.values.set(node.outputs[0], this.sumOfRows(node, rows))
      return
    }
    const operands = new Set(isHalf ? operandsOf(node) : [])
    const made = this.graph.nodeWithOutputs(
      node.op,
      node.inputs.map(
        (value) => value && (operands.has(value) ? this.float16(value) : this.plain(node, value)),
      ),
      node.outputs.map((value) => typeOf(value, isHalf && !isNormStatistic(value))),
      attributesOf(node, isHalf),
      node.domain,
    )
    for (const [i, value] of node.outputs.entries()) this.values.set(value, made[i])
  }

  /**
   * Sum of rows as a product with ones, which adds in float32: CUDA's kernel for sums over leading
   * axes adds parts in float16.
   */
  private sumOfRows({ inputs: [x], outputs: [sum] }: Node, rows: number): Value {
    const half = (op: string, operands: Value[], shape: readonly number[]) =>
      this.graph.node(op, operands, { dtype: 'float16', shape })
    const sides = (shape: readonly number[]) => this.graph.int64s(shape)
    const columns = sizeOf(sum.shape)
    const matrix = half(
      'Reshape',
      [this.float16(x as Value), sides([rows, columns])],
      [rows, columns],
    )
    const one = this.graph.constant('float16', [1, 1], toFloat16([1]))
    const ones = half('Expand', [one, sides([1, rows])], [1, rows])
    const product = half('MatMul', [ones, matrix], [1, columns])
    return half('Reshape', [product, sides(sum.shape)], sum.shape)
  }

  /**
   * Outputs in float32, each a value of its own: with its mark gone, one may be another one or an
   * input.
   */
  outputs(values: readonly Value[]): Value[] {
    const taken = new Set<Value>()
    return values.map((value) => {
      let made = this.float32(value)
      while (taken.has(made) || !made.producer) made = this.graph.node('Identity', [made], made)
      taken.add(made)
      return made
    })
  }

  /** The value in its own type. */
  private float32(value: Value): Value {
    const made = this.lookUp(value)
    return made.dtype === 'float16' ? this.cast(made, 'float32') : made
  }

  private float16(value: Value): Value {
    const made = this.lookUp(value)
    if (made.dtype === 'float16') return made
    if (!(made.constant instanceof Float32Array)) return this.cast(made, 'float16')
    const known = this.narrowed.get(made)
    if (known) return known
    const narrow = this.graph.constant('float16', made.shape, toFloat16(made.constant))
    this.narrowed.set(made, narrow)
    return narrow
  }

  /** An input of a node that computes in float32. Casts from float read any float. */
  private plain(node: Node, value: Value): Value {
    return node.op === 'Cast' ? this.lookUp(value) : this.float32(value)
  }

  private lookUp(value: Value): Value {
    const known = this.values.get(value)
    if (known) return known
    if (!value.constant) throw new Error(`mixedPrecision: ${value.name} is used before it is made`)
    const made = this.graph.constant(value.dtype, value.shape, value.constant)
    this.values.set(value, made)
    return made
  }

  private cast(value: Value, dtype: 'float16' | 'float32'): Value {
    return this.graph.node(
      'Cast',
      [value],
      { dtype, shape: value.shape },
      { to: ONNX_TYPES[dtype] },
    )
  }
}

function typeOf({ dtype, shape }: Value, isHalf: boolean): OutputType {
  return { dtype: isHalf && dtype === 'float32' ? 'float16' : dtype, shape }
}

function attributesOf({ op, attributes }: Node, isHalf: boolean): Record<string, Attribute> {
  return op === 'Cast' && isHalf ? { to: ONNX_TYPES.float16 } : { ...attributes }
}
