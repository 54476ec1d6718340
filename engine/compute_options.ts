export const ENGINES = ['onnxruntime', 'tensorflow', 'tfjs'] as const
/**
 * `onnxruntime` traces functions to ONNX; `tensorflow` and `tfjs` run them operation by operation,
 * on the native backend of TensorFlow.js and on its current one.
 */
export type EngineName = (typeof ENGINES)[number]

export const DEVICES = ['cpu', 'cuda', 'webgpu'] as const
/** What ONNX Runtime computes on. */
export type DeviceName = (typeof DEVICES)[number]

export const PRECISIONS = ['fp32', 'tf32', 'fp16'] as const
/**
 * `fp32` throughout; `tf32`: CUDA may round the factors of products and convolutions to 10 bits of
 * fraction; `fp16`: those, and what lies between them, in half precision, see
 * `engine/trace/mixed_precision.ts`.
 */
export type Precision = (typeof PRECISIONS)[number]

/**
 * How many nodes of a graph each provider of ONNX Runtime runs, such as `CUDAExecutionProvider`.
 */
export interface Placement {
  /** Name of the compiled function. */
  graph: string
  nodes: Readonly<Record<string, number>>
}

/** Where and how precisely functions are computed. */
export interface ComputeOptions {
  /** @default 'onnxruntime' */
  engine?: EngineName
  /** Other than `cpu`: of the engine `onnxruntime` only. @default 'cpu' */
  device?: DeviceName
  /**
   * Other than `fp32`: of the engine `onnxruntime` only; `tf32`: on `cuda` only. @default 'fp32'
   */
  precision?: Precision
  /**
   * False: a graph of whose nodes the device lacks the kernels is refused, but for a few integers
   * to be computed.
   *
   * @default false
   */
  allowCpuNodes?: boolean
  /** Called when a graph has been loaded. */
  onPlaced?(placement: Placement): void
}
