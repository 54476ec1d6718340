import type { HostTensor } from '../host_tensor.js'
import type { SessionOptions } from './runtime/session.js'
import type { HostTree, RunTensor, RunTree, TensorTree, Tree } from './tensors.js'
import type { Target } from './trace/lowering.js'

/** Tensors in, tensors out; static shapes; no reading of values; no hidden randomness or state. */
export type CompiledFunction<In extends TensorTree, Out extends TensorTree> = (inputs: In) => Out

export interface RunOptions<Leaf extends RunTensor = HostTensor> {
  /**
   * Pre-allocated tensors for some or all outputs, nested like the outputs: they are written in
   * place, and none of them may be an input of the same run. Tensors for what is no output are left
   * alone.
   */
  into?: Tree<Leaf>
}

/**
 * A function that has been made ready to run; one graph is kept for each signature of its inputs.
 */
export interface Compiled<In extends TensorTree, Out extends TensorTree> {
  run(inputs: RunTree<In>, options?: RunOptions): Promise<HostTree<Out>>
  /** Outputs that `into` names are those tensors; others are new, on the host. */
  run(inputs: RunTree<In>, options: RunOptions<RunTensor>): Promise<RunTree<Out>>
  /**
   * Whether the graph for inputs of these shapes and types is there, so that `run` only runs it.
   */
  isReady(inputs: RunTree<In>): boolean
  /** Makes that graph where it is not there. Values are not read. */
  prepare(inputs: RunTree<In>): Promise<void>
  /** Frees the graphs. */
  dispose(): Promise<void>
}

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

export interface CompileOptions extends ComputeOptions {
  /** Names the function in messages and graphs. */
  name: string
  /** Graphs kept at a time, one for each signature of the inputs. @default 8 */
  cacheSize?: number
  /**
   * What may be in a graph: standard operators and those of every device, or also those that ONNX
   * Runtime has for x64 processors alone.
   *
   * @default the fastest on the device
   */
  target?: Target
  /** Of every graph. */
  session?: Pick<SessionOptions, 'optimizations' | 'profilePrefix'>
}
