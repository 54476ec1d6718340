import { sizeOf } from '../../host_tensor.js'
import type { Precision } from '../compute_options.js'
import {
  type Attribute,
  type ElementType,
  type Graph,
  type Numbers,
  ONNX_TYPES,
  type OutputType,
  type Value,
} from './graph.js'
import { inverse, type Order, physicalShape, plainOrder, sameMemory, sameOrder } from './layout.js'

export type TracedDType = 'float32' | 'int32' | 'bool'

/**
 * A TensorFlow.js tensor that has no numbers yet: the value that will hold them, and how it lies
 * there.
 */
export interface Traced {
  /** Logical shape, as TensorFlow.js sees it. */
  readonly shape: readonly number[]
  readonly dtype: TracedDType
  /**
   * Has the physical shape of `shape` in `order`, or 1 along axes over which it is still to be
   * broadcast.
   */
  readonly value: Value
  readonly order: Order
}

/** What a kernel's lowering reads: its tensors by name (or in a list), and its attributes. */
export interface KernelCall {
  readonly name: string
  readonly inputs: Readonly<Record<string, Traced>>
  readonly attributes: Readonly<Record<string, unknown>>
}

export type LoweringRule = (lowering: Lowering, call: KernelCall) => Traced | Traced[]

/**
 * What will run the graph: any ONNX Runtime, or the one here on an x64 processor, whose blocked
 * convolutions a graph may then ask for by name.
 */
export type Target = 'portable' | 'x64'

/** What a graph is recorded for. */
export interface Purpose {
  target: Target
  precision: Precision
}

/** Turns kernels of TensorFlow.js into nodes of one graph. */
export class Lowering {
  readonly graph: Graph
  /** For messages. */
  readonly functionName: string
  readonly target: Target
  /** Precision of the graph when it is done: until then it is recorded in float32. */
  readonly precision: Precision

  constructor(graph: Graph, functionName: string, { target, precision }: Purpose) {
    this.graph = graph
    this.functionName = functionName
    this.target = target
    this.precision = precision
  }

  /** A traced tensor that lies in memory as it is. */
  plain(value: Value, shape: readonly number[] = value.shape): Traced {
    return { shape, dtype: tracedDType(value.dtype), value, order: plainOrder(shape.length) }
  }

  /** A traced tensor kept in `order`. */
  ordered(value: Value, shape: readonly number[], order: Order): Traced {
    return { shape, dtype: tracedDType(value.dtype), value, order }
  }

  /** A tensor with known numbers; equal numbers are kept as one. */
  constant(dtype: TracedDType, shape: readonly number[], data: Numbers): Traced {
    const order = plainOrder(shape.length)
    if (data.length > 1 && isUniform(data)) {
      const ones = shape.map(() => 1)
      return { shape, dtype, order, value: this.graph.constant(dtype, ones, data.slice(0, 1)) }
    }
    return { shape, dtype, order, value: this.graph.constant(dtype, shape, data) }
  }

  /** A tensor filled with one number. */
  filled(dtype: TracedDType, shape: readonly number[], value: number): Traced {
    const ones = shape.map(() => 1)
    const data = numbersOf(dtype, [value])
    return {
      shape,
      dtype,
      order: plainOrder(shape.length),
      value: this.graph.constant(dtype, ones, data),
    }
  }

  /**
   * The physical value of `traced` in `order` (plain unless given), with nothing left to broadcast.
   */
  read(traced: Traced, order: Order = plainOrder(traced.shape.length)): Value {
    const value = this.reorder(traced.value, traced.order, order)
    return this.expand(value, physicalShape(traced.shape, order))
  }

  /** The value of `traced` in `order`, still 1 along axes that are to be broadcast. */
  readBroadcast(traced: Traced, order: Order): Value {
    return this.reorder(traced.value, traced.order, order)
  }

  /** Broadcasts a value to `shape`. */
  expand(value: Value, shape: readonly number[]): Value {
    if (sameOrder(value.shape, shape)) return value
    return this.graph.node('Expand', [value, this.graph.int64s(shape)], {
      dtype: value.dtype,
      shape,
    })
  }

  /**
   * Reads a value under another shape of equal size; of reshapes one after another the last is
   * left.
   */
  reshape(value: Value, shape: readonly number[]): Value {
    if (sameOrder(value.shape, shape)) return value
    if (value.constant) return this.graph.constant(value.dtype, shape, value.constant)
    const { producer } = value
    if (producer?.op === 'Reshape') return this.reshape(producer.inputs[0] as Value, shape)
    return this.graph.node('Reshape', [value, this.graph.int64s(shape)], {
      dtype: value.dtype,
      shape,
    })
  }

  /** Moves the axes of a value: physical axis `i` of the result is axis `axes[i]` of `value`. */
  transpose(value: Value, axes: readonly number[]): Value {
    const shape = axes.map((axis) => value.shape[axis])
    if (sameMemory(value.shape, plainOrder(axes.length), axes)) return this.reshape(value, shape)
    if (value.constant) {
      const data = transposeNumbers(value.constant, value.shape, axes)
      return this.graph.constant(value.dtype, shape, data)
    }
    return this.graph.node('Transpose', [value], { dtype: value.dtype, shape }, { perm: axes })
  }

  private reorder(value: Value, from: Order, to: Order): Value {
    if (sameOrder(from, to)) return value
    const place = inverse(from)
    return this.transpose(
      value,
      to.map((axis) => place[axis]),
    )
  }

  /** A node whose output has the shape and dtype given. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    output: OutputType,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value {
    return this.graph.node(op, inputs, output, attributes, domain)
  }

  cast(value: Value, dtype: ElementType): Value {
    if (value.dtype === dtype) return value
    return this.node('Cast', [value], { dtype, shape: value.shape }, { to: ONNX_TYPES[dtype] })
  }
}

function tracedDType(dtype: ElementType): TracedDType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new Error(`a traced tensor cannot be ${dtype}; cast it to float32, int32 or bool first`)
}

export function numbersOf(dtype: TracedDType, values: ArrayLike<number>): Numbers {
  if (dtype === 'float32') {
    return values instanceof Float32Array ? values : Float32Array.from(values)
  }
  if (dtype === 'int32') return Int32Array.from(values)
  return Uint8Array.from(values)
}

function isUniform(data: Numbers): boolean {
  const first = data[0]
  for (const value of data) if (!Object.is(value, first)) return false
  return true
}

function transposeNumbers(
  data: Numbers,
  shape: readonly number[],
  axes: readonly number[],
): Numbers {
  const strides = new Array<number>(shape.length).fill(1)
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1] * shape[axis + 1]
  }
  const result = data.slice() as Numbers
  const sides = axes.map((axis) => shape[axis])
  const steps = axes.map((axis) => strides[axis])
  const index = new Array<number>(axes.length).fill(0)
  const size = sizeOf(shape)
  for (let to = 0, from = 0; to < size; to++) {
    result[to] = data[from]
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      from += steps[axis]
      if (++index[axis] < sides[axis]) break
      from -= steps[axis] * sides[axis]
      index[axis] = 0
    }
  }
  return result
}

const rules = new Map<string, LoweringRule>()
let takeRule: (kernelName: string, rule: LoweringRule) => void = () => {}

/**
 * Says how kernels of TensorFlow.js, by name, become ONNX nodes. An operation outside of the engine
 * that is a kernel of its own calls it where it is defined.
 */
export function lower(kernelNames: string | readonly string[], rule: LoweringRule): void {
  const names = typeof kernelNames === 'string' ? [kernelNames] : kernelNames
  for (const name of names) {
    rules.set(name, rule)
    takeRule(name, rule)
  }
}

/** Hands all rules to the backend that records, those that come later too. */
export function takeRules(take: (kernelName: string, rule: LoweringRule) => void): void {
  takeRule = take
  for (const [kernelName, rule] of rules) take(kernelName, rule)
}

/** All rules, by kernel name. */
export function loweringRules(): ReadonlyMap<string, LoweringRule> {
  return rules
}

/** Logical axes of a reduction or a similar attribute: non-negative, ascending. */
export function axesOf(axis: unknown, rank: number): number[] {
  const all = Array.from({ length: rank }, (_, i) => i)
  if (axis === null || axis === undefined) return all
  const list = Array.isArray(axis) ? (axis as number[]) : [axis as number]
  return list.map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b)
}
