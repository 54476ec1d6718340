/**
 * Asks ONNX Runtime whether its WebGPU provider takes what the list states, operator by operator;
 * skipped on machines without an adapter, but see `test/helpers/devices_here.ts`.
 */
import test from 'ava'
import { encodeModel } from '../../engine/onnx/model_proto.js'
import { Session } from '../../engine/runtime/session.js'
import { WEBGPU_KERNELS } from '../../engine/runtime/webgpu_kernel_list.js'
import { type Attribute, type ElementType, Graph, type Value } from '../../engine/trace/graph.js'
import { isHere } from '../helpers/devices_here.js'

interface Call {
  /** Shapes of inputs of type `T`, before all others. */
  shapes: number[][]
  /** Inputs of known numbers. */
  lists?: (graph: Graph) => (Value | undefined)[]
  attributes?: Record<string, Attribute>
  /** Shape of what comes out. @default that of the first input */
  output?: number[]
}

const matrix = [2, 3]
const maps = [1, 2, 6, 6]
const alone: Call = { shapes: [matrix] }
const pair: Call = { shapes: [matrix, matrix] }
const ints =
  (...lists: number[][]) =>
  (graph: Graph) =>
    lists.map((list) => graph.int64s(list))

const calls: Record<string, Call> = {
  ...Object.fromEntries(
    'Abs Ceil Cos Elu Erf Exp Floor Identity LeakyRelu Log Neg Not Reciprocal Relu Sigmoid Sin Softmax Softplus Sqrt Tanh'
      .split(' ')
      .map((op) => [op, alone]),
  ),
  ...Object.fromEntries(
    'Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Min Mul Sub'
      .split(' ')
      .map((op) => [op, pair]),
  ),
  ...Object.fromEntries(
    ['ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceSum'].map((op) => [
      op,
      { ...alone, lists: ints([1]), output: [2, 1] },
    ]),
  ),
  ArgMax: { ...alone, attributes: { axis: 1 }, output: [2, 1] },
  AveragePool: { shapes: [maps], attributes: { kernel_shape: [2, 2] }, output: [1, 2, 5, 5] },
  Concat: { ...pair, attributes: { axis: 0 }, output: [4, 3] },
  Conv: { shapes: [maps, [4, 2, 3, 3]], output: [1, 4, 4, 4] },
  ConvTranspose: {
    shapes: [maps, [2, 4, 3, 3]],
    attributes: { pads: [0, 1, 1, 1] }, // unequal, which CUDA refuses
    output: [1, 4, 7, 6],
  },
  Expand: { shapes: [[2, 1]], lists: ints(matrix), output: matrix },
  Gather: { ...alone, lists: ints([1, 0]), attributes: { axis: 1 }, output: [2, 2] },
  MatMul: { shapes: [matrix, [3, 4]], output: [2, 4] },
  MaxPool: { shapes: [maps], attributes: { kernel_shape: [2, 2] }, output: [1, 2, 5, 5] },
  Pad: { ...alone, lists: ints([0, 1, 0, 1]), output: [2, 5] },
  Reshape: { ...alone, lists: ints([3, 2]), output: [3, 2] },
  Slice: { ...alone, lists: ints([0], [2], [1], [1]), output: [2, 2] },
  Tile: { ...alone, lists: ints([2, 1]), output: [4, 3] },
  Transpose: { ...alone, attributes: { perm: [1, 0] }, output: [3, 2] },
  'com.microsoft.FusedMatMul': {
    shapes: [matrix, [2, 4]],
    attributes: { transA: 1 },
    output: [3, 4],
  },
  Compress: {
    shapes: [],
    lists: (graph) => [graph.input('float32', matrix), graph.input('bool', [2])],
  },
  Or: pair,
  Sign: alone,
}

const TYPES: ElementType[] = ['float32', 'int32', 'bool']
const COMPARISONS = /^(Equal|Greater|Less)/

/** True if the provider takes the one node; what no provider takes it does not take either. */
function isTaken(name: string, { shapes, lists, attributes, output }: Call, dtype: ElementType) {
  const [op, domain] = [name.split('.').at(-1) ?? name, name.includes('.') ? 'com.microsoft' : '']
  const graph = new Graph()
  const inputs = [
    ...shapes.map((shape) => graph.input(dtype, shape)),
    ...(lists?.(graph) ?? []),
  ].filter((value) => value !== undefined)
  const result = COMPARISONS.test(op) ? 'bool' : op.startsWith('Arg') ? 'int64' : dtype
  const shape = output ?? shapes[0] ?? [-1, 3]
  const value = graph.node(op, inputs, { dtype: result, shape }, attributes, domain)
  const model = encodeModel({
    name,
    nodes: graph.liveNodes([value]),
    inputs: graph.inputs.map((input) => ({ name: input.name, value: input })),
    outputs: [{ name: 'y', value }],
    constants: inputs.filter((input) => input.constant),
  })
  let onCpu: number | undefined
  try {
    Session.create(name, model, {
      device: 'webgpu',
      allowCpuNodes: true,
      onPlaced: ({ nodes }) => {
        onCpu = nodes.CPUExecutionProvider ?? 0
      },
    }).dispose()
  } catch {
    return false
  }
  return onCpu === 0
}

const onWebGpu = isHere('webgpu') ? test : test.skip

onWebGpu('WebGPU takes the operators and types of the list, and no others', (t) => {
  for (const [name, call] of Object.entries(calls)) {
    const types = WEBGPU_KERNELS.kernels[name]?.types.T ?? []
    for (const dtype of name === 'Compress' ? (['float32'] as const) : TYPES) {
      t.is(isTaken(name, call, dtype), types.includes(dtype), `${name} of ${dtype}`)
    }
  }
})
