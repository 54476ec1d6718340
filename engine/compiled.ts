import type { HostTensor } from '../host_tensor.js'
import type { ComputeOptions } from './compute_options.js'
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
  /** Settings of every graph. */
  session?: Pick<SessionOptions, 'optimizations' | 'profilePrefix'>
}
