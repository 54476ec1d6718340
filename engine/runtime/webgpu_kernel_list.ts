import type { KernelList, KernelType, ProviderKernel } from './provider_kernels.js'

/**
 * The kernels of ONNX Runtime's WebGPU provider for the operators that our graphs can have, and for
 * a few that a lowering might take instead. What is not here has none, `Compress`,
 * `NonMaxSuppression`, `Or`, `Sign` and `com.microsoft.FusedMatMul` of what `engine/trace/kernels/`
 * emits.
 *
 * Source: ONNX Runtime 1.29.0 of onnxruntime-node itself, asked in November 2026: a graph of one
 * node of opset 18 for each operator and each type of each of its parameters, loaded for WebGPU on
 * SwiftShader's Vulkan, and the provider that it gave the node to
 * (`Session_GetEpGraphAssignmentInfo`). The provider had the option `enableInt64`, without which
 * int64 is for `Cast`'s output, indices and axes only. It takes a `MaxPool` with indices too, but
 * fails when that runs ('The Indices output is not supported yet'), so that output is not here.
 */

const INDICES: KernelType[] = ['int32', 'int64']
const FLOATS: KernelType[] = ['float16', 'float32']
const NUMBERS: KernelType[] = [...FLOATS, 'int32', 'uint32']
const WIDE_NUMBERS: KernelType[] = [...NUMBERS, 'int64']
const ANY: KernelType[] = ['bool', ...WIDE_NUMBERS, 'uint8']

type Types = readonly KernelType[]

function unary(definition: number, T: Types): ProviderKernel {
  return { definition, computes: definition, inputs: ['T'], outputs: ['T'], types: { T } }
}

function comparison(definition: number, T: Types): ProviderKernel {
  return { ...unary(definition, T), outputs: ['bool'] }
}

/**
 * Kernel of a reduction; also of other operators whose second input is a list of axes, sides or
 * counts.
 */
function reduction(definition: number, T: Types): ProviderKernel {
  return { ...unary(definition, T), inputs: ['T', 'int64'] }
}

function argument(definition: number): ProviderKernel {
  return { ...unary(definition, NUMBERS), outputs: ['int64'] }
}

function indexed(definition: number, T: Types, inputs = ['T', 'Tind']): ProviderKernel {
  return { ...unary(definition, T), inputs, types: { T, Tind: INDICES } }
}

export const WEBGPU_KERNELS: KernelList = {
  provider: 'WebGPU',
  opset: 18,
  kernels: {
    Abs: unary(13, FLOATS),
    Acos: unary(7, FLOATS),
    Add: unary(14, WIDE_NUMBERS),
    And: comparison(7, ['bool']),
    ArgMax: argument(13),
    ArgMin: argument(13),
    Asin: unary(7, FLOATS),
    Atan: unary(7, FLOATS),
    AveragePool: unary(11, FLOATS),
    BatchNormalization: unary(15, FLOATS),
    Cast: { ...unary(13, []), inputs: ['T1'], outputs: ['T2'], types: { T1: ANY, T2: ANY } },
    Ceil: unary(13, FLOATS),
    Clip: unary(13, WIDE_NUMBERS),
    Concat: unary(13, WIDE_NUMBERS),
    Conv: unary(11, FLOATS),
    ConvTranspose: unary(11, FLOATS),
    Cos: unary(7, FLOATS),
    CumSum: indexed(14, NUMBERS),
    Div: unary(14, WIDE_NUMBERS),
    Einsum: unary(12, FLOATS),
    Elu: unary(6, FLOATS),
    Equal: comparison(13, WIDE_NUMBERS),
    Erf: unary(13, FLOATS),
    Exp: unary(13, FLOATS),
    Expand: reduction(13, ANY),
    Floor: unary(13, FLOATS),
    Gather: indexed(13, ['bool', ...NUMBERS, 'uint8']),
    GatherElements: indexed(13, FLOATS),
    GatherND: reduction(13, NUMBERS),
    Gemm: unary(13, NUMBERS),
    Greater: comparison(13, WIDE_NUMBERS),
    GreaterOrEqual: comparison(16, WIDE_NUMBERS),
    Identity: unary(16, NUMBERS),
    LayerNormalization: {
      ...unary(17, FLOATS),
      outputs: ['T', 'U'],
      types: { T: FLOATS, U: ['float32'] },
    },
    LeakyRelu: unary(16, FLOATS),
    Less: comparison(13, WIDE_NUMBERS),
    LessOrEqual: comparison(16, WIDE_NUMBERS),
    Log: unary(13, FLOATS),
    MatMul: unary(13, FLOATS),
    Max: unary(13, WIDE_NUMBERS),
    MaxPool: unary(12, FLOATS),
    Min: unary(13, WIDE_NUMBERS),
    Mul: unary(14, WIDE_NUMBERS),
    Neg: unary(13, FLOATS),
    Not: unary(1, ['bool']),
    PRelu: unary(16, FLOATS),
    Pad: { ...unary(18, NUMBERS), inputs: ['T', 'int64', 'T'] },
    Pow: {
      ...unary(15, []),
      inputs: ['T', 'T1'],
      types: { T: [...FLOATS, 'int32'], T1: NUMBERS },
    },
    Range: unary(11, ['float32', 'int32', 'int64']),
    Reciprocal: unary(13, FLOATS),
    ReduceMax: reduction(18, NUMBERS),
    ReduceMean: reduction(18, NUMBERS),
    ReduceMin: reduction(18, NUMBERS),
    ReduceProd: reduction(18, NUMBERS),
    ReduceSum: reduction(13, WIDE_NUMBERS),
    Relu: unary(14, FLOATS),
    Reshape: reduction(14, ANY),
    Resize: { ...unary(18, NUMBERS), inputs: ['T', 'float32', 'float32', 'int64'] },
    ScatterElements: indexed(18, NUMBERS, ['T', 'Tind', 'T']),
    ScatterND: { ...unary(18, NUMBERS), inputs: ['T', 'int64', 'T'] },
    Shape: argument(15),
    Sigmoid: unary(13, FLOATS),
    Sin: unary(7, FLOATS),
    Slice: indexed(13, FLOATS),
    Softmax: unary(13, FLOATS),
    Softplus: unary(1, FLOATS),
    Split: reduction(18, NUMBERS),
    Sqrt: unary(13, FLOATS),
    Squeeze: reduction(13, NUMBERS),
    Sub: unary(14, WIDE_NUMBERS),
    Tan: unary(7, FLOATS),
    Tanh: unary(13, FLOATS),
    Tile: reduction(13, WIDE_NUMBERS),
    TopK: { ...reduction(11, FLOATS), outputs: ['T', 'int64'] },
    Transpose: unary(13, NUMBERS),
    Unsqueeze: reduction(13, ['bool', ...WIDE_NUMBERS]),
    Where: { ...unary(16, ['bool', ...WIDE_NUMBERS]), inputs: ['bool', 'T', 'T'] },
    'com.microsoft.FusedConv': unary(1, FLOATS),
    'com.microsoft.Gelu': unary(1, FLOATS),
  },
}
