import type { KernelList, KernelType, ProviderKernel } from './provider_kernels.js'

/**
 * The kernels of ONNX Runtime's CUDA provider for the operators that our graphs can have, and for a
 * few that a lowering might take instead. What is not here has none: of what
 * `engine/trace/kernels/` emits `Acos`, `Asin`, `Atan`, `MaxUnpool`, `Tan` and all of
 * `com.microsoft.nchwc`.
 *
 * Source: docs/OperatorKernels.md of microsoft/onnxruntime, 'Operators implemented by
 * CUDAExecutionProvider', at commit 001d12d2623fd411ce0f83d05abb5e82304a3389, of early 2026: older
 * than ONNX Runtime 1.29, whose own was not at hand. Of each operator only the kernel nearest to
 * opset 18 is kept, and no floats of 8 or 4 bits. That document leaves out kernels without type
 * constraints: `NonMaxSuppression` is from
 * core/providers/cuda/object_detection/non_max_suppression.cc.
 */

const INDICES: KernelType[] = ['int32', 'int64']
const WIDE_INTEGERS: KernelType[] = ['int32', 'int64', 'uint32', 'uint64']
const FLOATS: KernelType[] = ['float16', 'float32', 'float64']
const ALL_FLOATS: KernelType[] = ['bfloat16', ...FLOATS]
const NUMBERS: KernelType[] = [...ALL_FLOATS, ...WIDE_INTEGERS, 'int16', 'int8', 'uint16', 'uint8']
const ANY: KernelType[] = ['bool', ...NUMBERS]

type Types = readonly KernelType[]

function unary(definition: number, T: Types): ProviderKernel {
  return { definition, computes: definition, inputs: ['T'], outputs: ['T'], types: { T } }
}

function binary(definition: number, T: Types): ProviderKernel {
  return { ...unary(definition, T), inputs: ['T', 'T'] }
}

function comparison(definition: number, T: Types): ProviderKernel {
  return { ...binary(definition, T), outputs: ['bool'] }
}

/** Kernel of a reduction; also of other operators whose second input is a list of axes or sides. */
function reduction(definition: number, T: Types): ProviderKernel {
  return { ...unary(definition, T), inputs: ['T', 'int64'] }
}

function argument(definition: number): ProviderKernel {
  return { ...unary(definition, FLOATS), outputs: ['int64'] }
}

function convolution(computes: ProviderKernel['computes']): ProviderKernel {
  return { ...unary(11, FLOATS), computes, inputs: ['T', 'T', 'T'] }
}

function gather(definition: number): ProviderKernel {
  return { ...unary(definition, ANY), inputs: ['T', 'Tind'], types: { T: ANY, Tind: INDICES } }
}

export const CUDA_KERNELS: KernelList = {
  provider: 'CUDA',
  opset: 18,
  kernels: {
    Abs: unary(13, NUMBERS),
    Add: binary(14, NUMBERS),
    And: comparison(7, ['bool']),
    ArgMax: argument(13),
    ArgMin: argument(13),
    AveragePool: { ...unary(11, FLOATS), computes: [11, 18] },
    BatchNormalization: {
      definition: 15,
      computes: 15,
      inputs: ['T', 'T1', 'T1', 'T2', 'T2'],
      outputs: ['T', 'T2', 'T2'],
      types: { T: FLOATS, T1: FLOATS, T2: FLOATS },
    },
    Cast: {
      definition: 13,
      computes: [13, 18],
      inputs: ['T1'],
      outputs: ['T2'],
      types: { T1: ANY, T2: ANY },
    },
    Ceil: unary(13, FLOATS),
    Clip: {
      ...unary(13, [...FLOATS, 'int64', 'int8', 'uint64', 'uint8']),
      inputs: ['T', 'T', 'T'],
    },
    Compress: { ...unary(11, ANY), inputs: ['T', 'bool'] },
    Concat: unary(13, ANY),
    Conv: convolution([11, 21]),
    ConvTranspose: { ...convolution(11), pads: 'equal' }, // `CUDAExecutionProvider::GetCapability`
    Cos: unary(7, FLOATS),
    CumSum: {
      definition: 14,
      computes: 14,
      inputs: ['T', 'T2'],
      outputs: ['T'],
      types: { T: [...FLOATS, ...WIDE_INTEGERS], T2: INDICES },
    },
    Div: binary(14, NUMBERS),
    Einsum: unary(12, FLOATS),
    Elu: unary(6, FLOATS),
    Equal: comparison(13, ['bool', ...FLOATS, ...WIDE_INTEGERS]),
    Erf: unary(13, ALL_FLOATS),
    Exp: unary(13, ALL_FLOATS),
    Expand: reduction(13, ANY),
    Floor: unary(13, FLOATS),
    Gather: gather(13),
    GatherElements: gather(13),
    GatherND: reduction(13, ['bool', ...ALL_FLOATS, 'int64']),
    Gemm: { ...unary(13, ALL_FLOATS), inputs: ['T', 'T', 'T'] },
    Greater: comparison(13, [...FLOATS, ...WIDE_INTEGERS]),
    GreaterOrEqual: comparison(16, [...FLOATS, ...WIDE_INTEGERS]),
    Identity: { ...unary(16, ANY), computes: [14, 18] },
    IsInf: { ...comparison(10, ['float32', 'float64']), computes: [10, 19] },
    IsNaN: { ...comparison(13, ALL_FLOATS), computes: [13, 19] },
    LayerNormalization: {
      definition: 17,
      computes: 17,
      inputs: ['T', 'T', 'T'],
      outputs: ['T', 'U', 'U'],
      types: { T: ALL_FLOATS, U: ['float32'] },
    },
    LeakyRelu: unary(16, FLOATS),
    Less: comparison(13, [...FLOATS, ...WIDE_INTEGERS]),
    LessOrEqual: comparison(16, [...FLOATS, ...WIDE_INTEGERS]),
    Log: unary(13, FLOATS),
    LogSoftmax: unary(13, FLOATS),
    MatMul: binary(13, ALL_FLOATS),
    Max: unary(13, [...ALL_FLOATS, ...WIDE_INTEGERS]),
    MaxPool: { ...unary(12, [...FLOATS, 'int8', 'uint8']), outputs: ['T', 'int64'] },
    Min: unary(13, [...ALL_FLOATS, ...WIDE_INTEGERS]),
    Mod: binary(13, [...ALL_FLOATS, ...WIDE_INTEGERS]),
    Mul: binary(14, NUMBERS),
    Neg: unary(13, [...ALL_FLOATS, 'int16', 'int32', 'int64', 'int8']),
    NonMaxSuppression: {
      definition: 11,
      computes: 11,
      inputs: ['float32', 'float32', 'int64', 'float32', 'float32'],
      outputs: ['int64'],
      types: {},
    },
    NonZero: {
      ...unary(13, ['bool', 'float16', 'float32', 'int32', 'int64', 'uint8']),
      outputs: ['int64'],
    },
    Not: unary(1, ['bool']),
    OneHot: {
      definition: 11,
      computes: 11,
      inputs: ['T1', 'T2', 'T3'],
      outputs: ['T3'],
      types: { T1: INDICES, T2: INDICES, T3: ['float16', 'float32', 'int64'] },
    },
    Or: comparison(7, ['bool']),
    PRelu: binary(16, FLOATS),
    Pad: {
      definition: 18,
      computes: 18,
      inputs: ['T', 'int64', 'T', 'Tind'],
      outputs: ['T'],
      types: { T: ['bool', ...FLOATS], Tind: INDICES },
    },
    Pow: {
      definition: 15,
      computes: 15,
      inputs: ['T', 'T1'],
      outputs: ['T'],
      types: { T: [...ALL_FLOATS, ...INDICES], T1: [...ALL_FLOATS, ...INDICES] },
    },
    Range: unary(11, ['float32', 'float64', 'int16', 'int32', 'int64']),
    Reciprocal: unary(13, FLOATS),
    ReduceMax: reduction(18, [...FLOATS, 'int32', 'int64']),
    ReduceMean: reduction(18, [...FLOATS, 'int32']),
    ReduceMin: reduction(18, [...FLOATS, 'int32', 'int64', 'int8', 'uint8']),
    ReduceProd: reduction(18, [...FLOATS, 'int32']),
    ReduceSum: reduction(13, [...ALL_FLOATS, 'int32', 'int64']),
    Relu: unary(14, ALL_FLOATS),
    Reshape: { ...reduction(14, ANY), computes: [14, 18] },
    Resize: {
      definition: 18,
      computes: [18, 18],
      inputs: ['T1', 'T2', 'float32', 'int64'],
      outputs: ['T1'],
      types: { T1: [...FLOATS, 'int32', 'uint8'], T2: FLOATS },
    },
    RoiAlign: {
      definition: 16,
      computes: 10,
      inputs: ['T1', 'T1', 'int64'],
      outputs: ['T1'],
      types: { T1: ['float32', 'float64'] },
    },
    Round: unary(11, FLOATS),
    ScatterElements: { ...gather(18), inputs: ['T', 'Tind', 'T'] },
    ScatterND: { ...unary(18, ANY), inputs: ['T', 'int64', 'T'] },
    Shape: { ...unary(15, ANY), computes: [15, 18], outputs: ['int64'] },
    Sigmoid: unary(13, ALL_FLOATS),
    Sign: unary(13, NUMBERS),
    Sin: unary(7, FLOATS),
    Slice: gather(13),
    Softmax: unary(13, ALL_FLOATS),
    Softplus: unary(1, FLOATS),
    Split: reduction(18, ANY),
    Sqrt: unary(13, ALL_FLOATS),
    Squeeze: { ...reduction(13, ANY), computes: [13, 20] },
    Sub: binary(14, NUMBERS),
    Sum: unary(13, ALL_FLOATS),
    Tanh: unary(13, ALL_FLOATS),
    Tile: reduction(13, [...ALL_FLOATS, 'int32', 'int64']),
    TopK: {
      ...reduction(11, [...FLOATS, 'int32', 'int64']),
      outputs: ['T', 'int64'],
    },
    Transpose: { ...unary(13, ANY), computes: [13, 20] },
    Unsqueeze: { ...reduction(13, ANY), computes: [13, 20] },
    Where: {
      ...unary(16, [...ALL_FLOATS, 'int32', 'int64', 'uint8']),
      inputs: ['bool', 'T', 'T'],
    },
    Xor: comparison(7, ['bool']),
    'com.microsoft.FusedConv': {
      definition: 1,
      computes: 1,
      inputs: ['T', 'T', 'T', 'T'],
      outputs: ['T'],
      types: { T: ['float32'] },
    },
    'com.microsoft.FusedMatMul': binary(1, ALL_FLOATS),
    'com.microsoft.Gelu': unary(1, ALL_FLOATS),
  },
}
