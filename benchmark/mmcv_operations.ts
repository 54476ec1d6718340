import type { Node, Value } from '../engine/trace/graph.js'
import { sizeOf } from '../host_tensor.js'
import type { Parameter } from '../nn/parameter.js'
import { multiplyAccumulates } from './multiply_accumulates.js'
import type { NetworkGraph } from './network_graph.js'

/**
 * Operations as mmcv's counter reports them, by which detectors are published. It asks each layer
 * what it did, so it misses what functions do: depthwise convolutions of the series activation,
 * with the ReLU that is part of them, products in attention, and of Mask R-CNN the ReLU of the
 * proposal network and the pooling that makes P6. A layer counts
 *
 * - convolution, also transposed: its multiply-accumulates, and one for each output if it has a
 *   bias;
 * - matrix product with a weight: its multiply-accumulates, without its bias;
 * - ReLU, but not GELU: one for each output;
 * - pooling: one for each input;
 * - normalisation with scale and shift, of batches or layers: two for each output.
 *
 * It is a count of the original: norms that are folded into kernels here are counted apart, and
 * Swin's projections with the cells of the padding, which ours leaves out.
 *
 * Source: mmcv 1.x, `get_model_complexity_info`; the published figures come out
 * (test/benchmark/flops.test.ts).
 */
export function mmcvOperations(graph: NetworkGraph): number {
  const readers = new Map<Value | undefined, Node[]>()
  for (const node of graph.nodes) {
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node])
  }
  const ofImages = dependents(graph)
  const isFunction = ({ op, inputs }: Node) =>
    op === 'Conv' && !graph.layerKernels.has(kernelBehind(inputs[1], graph)?.weight)
  const isUnseenRelu = ({ inputs, outputs }: Node) =>
    readers.get(outputs[0])?.every(isFunction) ||
    graph.unseenRelus.has(kernelBehind(inputs[0]?.producer?.inputs[1], graph)?.weight)
  const addsBias = ({ inputs }: Node) =>
    inputs.some((input) => ofImages.has(input)) &&
    inputs.some((input) => graph.convolutionBiases.has(parameterBehind(input, graph)))

  const productOf = productsByWeight(graph)

  const operations = (node: Node): number => {
    const { op, inputs, outputs } = node
    const results = sizeOf(outputs[0].shape)
    switch (op) {
      case 'Conv':
        return isFunction(node) ? 0 : multiplyAccumulates(node) + foldedNorm(node, graph)
      case 'MatMul':
      case 'FusedMatMul':
      case 'Gemm':
        if (inputs.every((input) => ofImages.has(input))) return 0
        return originalProduct(node, graph, productOf) + foldedNorm(node, graph)
      case 'Relu':
        return isUnseenRelu(node) ? 0 : results
      case 'MaxPool':
      case 'AveragePool': // of single cells for P6
        return isSingleCell(node) ? 0 : sizeOf(inputs[0]?.shape ?? [])
      case 'Mul': // a feature map by a vector made of weights: a norm, which then adds another
        return isScaling(node, ofImages) ? 2 * results : 0
      case 'LayerNormalization':
        return 2 * results
      default:
        return 0
    }
  }
  const biases = graph.nodes.filter(addsBias).map(({ outputs }) => sizeOf(outputs[0].shape))
  return [...graph.nodes.map(operations), ...biases].reduce((sum, count) => sum + count, 0)
}

/** The product or convolution that each layer's weight goes into. */
function productsByWeight(graph: NetworkGraph): ReadonlyMap<Parameter, Node> {
  const products = graph.nodes.filter((node) => multiplyAccumulates(node) > 0)
  return new Map(
    products.flatMap((node) =>
      node.inputs.flatMap((input) => {
        const kernel = kernelBehind(input, graph)
        return kernel ? [[kernel.weight, node] as const] : []
      }),
    ),
  )
}

/** Multiply-accumulates of a product with a weight, over the rows that it has in the original. */
function originalProduct(
  node: Node,
  graph: NetworkGraph,
  productOf: ReadonlyMap<Parameter, Node>,
): number {
  const [weight] = node.inputs.flatMap((input) => kernelBehind(input, graph)?.weight ?? [])
  const like = graph.rowsLike.get(weight)
  const other = like && productOf.get(like)
  if (!other) return multiplyAccumulates(node)
  return (multiplyAccumulates(other) / sizeOf(like.shape)) * sizeOf(weight.shape)
}

/** Operations of the norm whose scale is part of a layer's kernel. */
function foldedNorm({ inputs, outputs }: Node, graph: NetworkGraph): number {
  const isFolded = inputs.some((input) => kernelBehind(input, graph)?.isScaled)
  return isFolded ? 2 * sizeOf(outputs[0].shape) : 0
}

function isSingleCell({ attributes }: Node): boolean {
  return (attributes.kernel_shape as readonly number[]).every((side) => side === 1)
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

/** The kernel of a layer that a value is, perhaps with the scale of a norm folded in. */
function kernelBehind(
  value: Value | undefined,
  graph: NetworkGraph,
): { weight: Parameter; isScaled: boolean } | undefined {
  const source = unmoved(value)
  const factors = source?.producer?.op === 'Mul' ? source.producer.inputs : [source]
  for (const factor of factors) {
    const weight = parameterBehind(factor, graph)
    if (weight && graph.layerKernels.has(weight)) return { weight, isScaled: factors.length > 1 }
  }
  return undefined
}

/** The parameter that a value is, perhaps moved in memory. */
function parameterBehind(
  value: Value | undefined,
  { parameters }: NetworkGraph,
): Parameter | undefined {
  const source = unmoved(value)
  return source && parameters.get(source)
}

/** What a value was before it was moved in memory. */
function unmoved(value: Value | undefined): Value | undefined {
  let source = value
  while (source?.producer && ['Reshape', 'Tile', 'Transpose'].includes(source.producer.op)) {
    source = source.producer.inputs[0]
  }
  return source
}
