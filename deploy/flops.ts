import type * as tf from '@tensorflow/tfjs'
import { sizeOf, trace } from '../engine/index.js'
import { traceBackend } from '../engine/trace/backend.js'
import type { Node, Value } from '../engine/trace/graph.js'
import {
  Conv2d,
  ConvTranspose2d,
  functionalCall,
  Linear,
  Module,
  type Parameter,
} from '../nn/index.js'
import { rawOutputs } from './raw_outputs.js'

/** What a model costs for one image. */
export interface OperationCounts {
  /** Trained weights: what papers and mmdetection call parameters. */
  params: number
  /** Trained weights, frozen ones and buffers such as running statistics. */
  paramsAndBuffers: number
  /** Billions of multiply-accumulates of all convolutions and matrix products. */
  gmacs: number
  /** Billions as mmcv counts them; see `mmcvOperations`. */
  gmacsMmcv: number
}

/**
 * Counts parameters and operations of one image, up to the raw outputs of the network. Nothing is
 * computed and no weight is drawn: the forward pass is traced, and the sizes of its nodes are added up.
 *
 * @param size height and width of the input, pixels.
 */
export function countOperations(
  model: Module,
  [height, width]: readonly [height: number, width: number],
): OperationCounts {
  const named = model.namedParameters()
  const trainable = named.filter(([, parameter]) => parameter.trainable)
  const graph = traceNetwork(model, [1, height, width, 3])
  return {
    params: valuesIn(trainable),
    paramsAndBuffers: valuesIn(named),
    gmacs: sum(graph.nodes.map(multiplyAccumulates)) / 1e9,
    gmacsMmcv: mmcvOperations(graph) / 1e9,
  }
}

function valuesIn(named: [name: string, parameter: Parameter][]): number {
  return sum(named.map(([, { shape }]) => sizeOf(shape)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

interface NetworkGraph {
  nodes: readonly Node[]
  images: Value
  /** Each parameter that the network uses. */
  parameters: ReadonlyMap<Value, Parameter>
  /** Kernels of layers, unlike those that a function convolves with. */
  layerKernels: ReadonlySet<Parameter | undefined>
  /** Biases of convolutions; those of matrix products are not counted. */
  convolutionBiases: ReadonlySet<Parameter | undefined>
}

function traceNetwork(model: Module, imageShape: readonly number[]): NetworkGraph {
  const forward = rawOutputs(model)
  const named = model.namedParameters()
  const parameters = new Map<Value, Parameter>()
  let images: Value | undefined
  const float32 = (shape: readonly number[]) => ({ dtype: 'float32' as const, shape })
  type Inputs = { weights: Record<string, tf.Tensor>; images: tf.Tensor }
  const { nodes } = trace(
    'countOperations',
    (inputs: Inputs) => {
      images = traceBackend.lookUp(inputs.images).value
      for (const [name, parameter] of named) {
        parameters.set(traceBackend.lookUp(inputs.weights[name]).value, parameter)
      }
      const call = () => forward(inputs.images as tf.Tensor4D)
      return functionalCall(model, inputs.weights, call).result
    },
    {
      weights: Object.fromEntries(named.map(([name, { shape }]) => [name, float32(shape)])),
      images: float32(imageShape),
    },
  )
  const modules = modulesOf(model)
  const convolutions = modules.filter(
    (module) => module instanceof Conv2d || module instanceof ConvTranspose2d,
  )
  const layers = [...convolutions, ...modules.filter((module) => module instanceof Linear)]
  const layerKernels = new Set(layers.map(({ weight }) => weight))
  const convolutionBiases = new Set(convolutions.flatMap(({ bias }) => bias ?? []))
  return { nodes, images: images as Value, parameters, layerKernels, convolutionBiases }
}

/** A module and all modules below it. */
function modulesOf(value: unknown): Module[] {
  if (Array.isArray(value)) return value.flatMap(modulesOf)
  if (!(value instanceof Module)) return []
  return [value, ...Object.values(value).flatMap(modulesOf)]
}

function multiplyAccumulates({ op, inputs, outputs, attributes }: Node): number {
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

/**
 * Operations as mmcv's counter reports them, by which detectors are published. It asks each layer what it
 * did, so it misses what functions do: depthwise convolutions of the series activation, with the ReLU that
 * is part of them, and products in attention. A layer counts
 *
 * - convolution, also transposed: its multiply-accumulates, and one for each output if it has a bias;
 * - matrix product with a weight: its multiply-accumulates, without its bias;
 * - ReLU: one for each output;
 * - pooling: one for each input;
 * - normalisation with scale and shift: two for each output.
 *
 * Of Mask R-CNN, the ReLU of the proposal network and the pooling that makes P6 are counted here and are
 * functions there: 0.02 G at 800 x 1280.
 *
 * Source: mmcv 1.x, `get_model_complexity_info`; the published 396.9 G of RetinaNet with VanillaNet-13 come out.
 */
function mmcvOperations(graph: NetworkGraph): number {
  const readers = new Map<Value | undefined, Node[]>()
  for (const node of graph.nodes) {
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node])
  }
  const ofImages = dependents(graph)
  const isFunction = ({ op, inputs }: Node) =>
    op === 'Conv' && !graph.layerKernels.has(parameterBehind(inputs[1], graph))
  const addsBias = ({ inputs }: Node) =>
    inputs.some((input) => ofImages.has(input)) &&
    inputs.some((input) => graph.convolutionBiases.has(parameterBehind(input, graph)))

  const operations = (node: Node): number => {
    const { op, inputs, outputs } = node
    const results = sizeOf(outputs[0].shape)
    switch (op) {
      case 'Conv':
        return isFunction(node) ? 0 : multiplyAccumulates(node)
      case 'MatMul':
      case 'FusedMatMul':
      case 'Gemm':
        return inputs.every((input) => ofImages.has(input)) ? 0 : multiplyAccumulates(node)
      case 'Relu':
        return readers.get(outputs[0])?.every(isFunction) ? 0 : results
      case 'MaxPool':
      case 'AveragePool':
        return sizeOf(inputs[0]?.shape ?? [])
      case 'Mul': // a feature map by a vector made of weights: a norm, which then adds another
        return isScaling(node, ofImages) ? 2 * results : 0
      default:
        return 0
    }
  }
  const biases = graph.nodes.filter(addsBias).map(({ outputs }) => sizeOf(outputs[0].shape))
  return sum(graph.nodes.map(operations)) + sum(biases)
}

/** Values that depend on the images; all others depend on weights and constants alone. */
function dependents({ nodes, images }: NetworkGraph): ReadonlySet<Value | undefined> {
  const found = new Set<Value | undefined>([images])
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((input) => found.has(input))) continue
    for (const output of outputs) found.add(output)
  }
  return found
}

function isScaling({ inputs }: Node, ofImages: ReadonlySet<Value | undefined>): boolean {
  const [dependent, others] = [true, false].map((is) =>
    inputs.filter((v) => ofImages.has(v) === is),
  )
  return dependent.length === 1 && others.every((value) => value && !value.constant)
}

/** The parameter that a value is, perhaps moved in memory. */
function parameterBehind(
  value: Value | undefined,
  { parameters }: NetworkGraph,
): Parameter | undefined {
  let source = value
  while (source?.producer && ['Reshape', 'Tile', 'Transpose'].includes(source.producer.op)) {
    source = source.producer.inputs[0]
  }
  return source && parameters.get(source)
}
