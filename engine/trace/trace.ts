import { TraceError } from '../../errors.js'
import type { HostDType } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'
import type { Precision } from '../compute_options.js'
import { encodeModel, type NamedValue } from '../onnx/model_proto.js'
import { flattenTree, isTensor, mapTree, type TensorTree, type Tree } from '../tensors.js'
import { traceBackend } from './backend.js'
import type { Node, Numbers, Value } from './graph.js'
import type { Lowering, Target } from './lowering.js'
import { mixedPrecision, type TracedGraph } from './mixed_precision.js'

/** Shape and type of one input, as callers pass it. */
export interface Signature {
  dtype: HostDType
  shape: readonly number[]
}

/**
 * An output of a traced function: a value of its graph, an input passed through, or known numbers.
 */
export type TracedOutput = { shape: readonly number[]; dtype: 'float32' | 'int32' | 'bool' } & (
  | { kind: 'computed'; name: string }
  | { kind: 'input'; path: string }
  | { kind: 'known'; data: Numbers }
)

/** A function as an ONNX graph. */
export interface TracedFunction {
  name: string
  nodes: readonly Node[]
  /** Graph inputs that are used, with their paths in the tree of inputs. */
  inputs: { path: string; name: string }[]
  outputs: Tree<TracedOutput>
  /** The ONNX file, with `metadata` beside its graph. */
  encode(metadata?: Readonly<Record<string, string>>): Uint8Array
}

/** Distinguishes the leaves of a tree of signatures from its branches. */
export function isSignature(value: unknown): value is Signature {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dtype' in value &&
    Array.isArray(Reflect.get(value, 'shape'))
  )
}

export interface TraceOptions {
  /** Names an input of the file. @default its path behind `in.` */
  input?: (path: string) => string
  /** Names an output of the file. @default its path behind `out.` */
  output?: (path: string) => string
  /**
   * Target of the graph; of `fp16` always `portable`, since ONNX Runtime's own convolutions for
   * processors know float32 only. @default 'portable'
   */
  target?: Target
  /**
   * `fp16` is mixed precision, see `mixedPrecision`; the graph of `tf32` is that of `fp32`.
   * @default 'fp32'
   */
  precision?: Precision
}

/**
 * Calls `fn` once with tensors that have no numbers and records what it does.
 *
 * @param signatures shape and type of each input, nested as `fn` takes them.
 */
export function trace<In extends TensorTree, Out extends TensorTree>(
  name: string,
  fn: (inputs: In) => Out,
  signatures: Tree<Signature>,
  options: TraceOptions = {},
): TracedFunction {
  tf.backend() // chooses a backend, if none was chosen yet
  const previous = tf.getBackend()
  tf.setBackend(tf.TRACE_BACKEND)
  const { precision = 'fp32' } = options
  const target = precision === 'fp16' ? 'portable' : (options.target ?? 'portable')
  const lowering = traceBackend.begin(name, { target, precision })
  tf.engine().startScope(name)
  try {
    const inputs: { path: string; value: Value }[] = []
    const tensors = mapTree(signatures, isSignature, (signature, path) => {
      const value = lowering.graph.input(signature.dtype, signature.shape)
      inputs.push({ path, value })
      return inputTensor(lowering, value)
    })
    const results = fn(tensors as In)
    return finish(name, lowering, inputs, readOutputs(name, lowering, inputs, results), options)
  } finally {
    tf.engine().endScope()
    traceBackend.end()
    tf.setBackend(previous)
  }
}

function inputTensor(lowering: Lowering, value: Value): tf.Tensor {
  const usable = value.dtype === 'uint8' ? lowering.cast(value, 'int32') : value
  return tf.engine().makeTensorFromTensorInfo(traceBackend.hold(lowering.plain(usable)))
}

type OutputValue = { value: Value; output: TracedOutput }

function readOutputs(
  name: string,
  lowering: Lowering,
  inputs: readonly { path: string; value: Value }[],
  results: TensorTree,
): Tree<OutputValue> {
  const pathOf = new Map(inputs.map(({ path, value }) => [value.name, path]))
  return mapTree(results as Tree<tf.Tensor>, isTensor, (tensor, path) => {
    if (tensor.isDisposed) {
      throw new TraceError(
        name,
        `output ${path} was disposed`,
        'return it from tf.tidy or tf.keep it',
      )
    }
    const value = lowering.read(traceBackend.lookUp(tensor))
    const common = { shape: tensor.shape, dtype: tensor.dtype as 'float32' }
    if (value.constant) return { value, output: { ...common, kind: 'known', data: value.constant } }
    const inputPath = pathOf.get(value.name)
    if (inputPath !== undefined) {
      return { value, output: { ...common, kind: 'input', path: inputPath } }
    }
    return { value, output: { ...common, kind: 'computed', name: path } }
  })
}

function isOutputValue(value: unknown): value is OutputValue {
  return typeof value === 'object' && value !== null && 'output' in value && 'value' in value
}

/** Gives outputs their names, leaves out what nobody needs. */
function finish(
  name: string,
  { graph, precision }: Lowering,
  inputs: readonly { path: string; value: Value }[],
  results: Tree<OutputValue>,
  options: TraceOptions,
): TracedFunction {
  const named = new Map<Value, NamedValue>()
  const outputs = mapTree(results, isOutputValue, ({ value, output }, path) => {
    if (output.kind !== 'computed') return output
    const known = named.get(value) ?? { name: options.output?.(path) ?? `out.${path}`, value }
    named.set(value, known)
    return { ...output, name: known.name }
  })
  const recorded: TracedGraph = {
    nodes: graph.liveNodes([...named.keys()]),
    inputs: inputs.map(({ value }) => value),
    outputs: [...named.keys()],
  }
  const made = precision === 'fp16' ? mixedPrecision(recorded) : recorded
  const { nodes } = made
  const namedOutputs = [...named.values()].map(({ name }, i) => ({ name, value: made.outputs[i] }))
  const used = new Set(nodes.flatMap((node) => node.inputs))
  const usedInputs = inputs
    .map(({ path }, i) => ({ path, value: made.inputs[i] }))
    .filter(({ value }) => used.has(value))
    .map(({ path, value }) => ({ path, value, name: options.input?.(path) ?? `in.${path}` }))
  const constants = [...used]
    .filter((value) => value !== undefined)
    .filter((value) => value.constant)
  return {
    name,
    nodes,
    inputs: usedInputs.map(({ path, name: inputName }) => ({ path, name: inputName })),
    outputs,
    encode: (metadata) =>
      encodeModel({ name, nodes, inputs: usedInputs, outputs: namedOutputs, constants, metadata }),
  }
}

/** Paths and outputs of a traced function, flat. */
export function tracedOutputs(
  traced: Pick<TracedFunction, 'outputs'>,
): { path: string; leaf: TracedOutput }[] {
  return flattenTree(traced.outputs, isTracedOutput)
}

export function isTracedOutput(value: unknown): value is TracedOutput {
  return typeof value === 'object' && value !== null && 'kind' in value && 'shape' in value
}
