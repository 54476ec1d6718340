/**
 * Element types of ONNX values that traced programs use; float16 comes in behind tracing, by
 * `mixedPrecision`.
 */
export type ElementType = 'float16' | 'float32' | 'int32' | 'int64' | 'bool' | 'uint8'

/** Those of float16 are kept as their 16 bits. */
export type Numbers = Float32Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array

/** TensorProto.DataType of ONNX, as files and Casts name types. */
export const ONNX_TYPES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
}

/** One tensor of an ONNX graph, in the axis order it has in memory. */
export interface Value {
  readonly name: string
  readonly dtype: ElementType
  readonly shape: readonly number[]
  /** The node that computes it; none for inputs and constants. */
  readonly producer?: Node
  /** Its numbers, if they are known when tracing. */
  readonly constant?: Numbers
}

/** An attribute: integers by default, `{ float }` where ONNX wants a float. */
export type Attribute = number | string | readonly number[] | { readonly float: number }

export interface Node {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly outputs: Value[]
}

export interface OutputType {
  dtype: ElementType
  shape: readonly number[]
}

/** Constants up to this many values are kept once when equal. */
const SHARED_CONSTANT_SIZE = 1024

/**
 * An ONNX graph under construction. Nodes are appended in the order they are computed; a node that
 * was added before with the same inputs and attributes is returned instead of added again.
 */
export class Graph {
  readonly inputs: Value[] = []
  private readonly nodes: Node[] = []
  private readonly known = new Map<string, Value>()
  private count = 0

  /** Declares an input of the graph. */
  input(dtype: ElementType, shape: readonly number[]): Value {
    const value = { name: this.nextName('x'), dtype, shape }
    this.inputs.push(value)
    return value
  }

  /** A tensor whose numbers are known now. */
  constant(dtype: ElementType, shape: readonly number[], data: Numbers): Value {
    if (data.length > SHARED_CONSTANT_SIZE) {
      return { name: this.nextName('c'), dtype, shape, constant: data }
    }
    const key = `${dtype}[${shape.join()}]:${data.join()}${data.some(isNegativeZero) ? '-0' : ''}`
    const known = this.known.get(key)
    if (known) return known
    const value = { name: this.nextName('c'), dtype, shape, constant: data }
    this.known.set(key, value)
    return value
  }

  float(value: number, shape: readonly number[] = []): Value {
    return this.constant('float32', shape, Float32Array.of(value))
  }

  /** Shapes, axes and other lists of integers that ONNX operators take as inputs. */
  int64s(values: readonly number[]): Value {
    return this.constant('int64', [values.length], BigInt64Array.from(values, BigInt))
  }

  /** Adds a node with one output. `domain` is empty for the standard operators. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    output: OutputType,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value {
    return this.nodeWithOutputs(op, inputs, [output], attributes, domain)[0]
  }

  /** Adds a node with several outputs. */
  nodeWithOutputs(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly OutputType[],
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value[] {
    const names = inputs.map((input) => input?.name ?? '')
    const key = `${domain}.${op}(${names.join()})${JSON.stringify(attributes)}${outputs.length}`
    const known = this.known.get(key)
    if (known?.producer) return known.producer.outputs
    const node: Node = { op, domain, inputs, attributes, outputs: [] }
    for (const { dtype, shape } of outputs) {
      node.outputs.push({ name: this.nextName('v'), dtype, shape, producer: node })
    }
    this.nodes.push(node)
    this.known.set(key, node.outputs[0])
    return node.outputs
  }

  /**
   * Gives a node one more output, such as the indices of a MaxPool that its gradient asks for
   * later.
   */
  addOutput(node: Node, { dtype, shape }: OutputType): Value {
    const value = { name: this.nextName('v'), dtype, shape, producer: node }
    node.outputs.push(value)
    return value
  }

  /** The nodes that `outputs` need, in the order they must run. */
  liveNodes(outputs: readonly Value[]): Node[] {
    const live = new Set<Node>()
    const pending = outputs.flatMap((value) => (value.producer ? [value.producer] : []))
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (live.has(node)) continue
      live.add(node)
      for (const input of node.inputs) if (input?.producer) pending.push(input.producer)
    }
    return this.nodes.filter((node) => live.has(node))
  }

  private nextName(prefix: string): string {
    return `${prefix}${this.count++}`
  }
}

function isNegativeZero(value: number | bigint): boolean {
  return Object.is(value, -0)
}
