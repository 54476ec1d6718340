import type { SessionOptions } from './runtime/session.js'
import type { HostTensor, HostTree, TensorTree, Tree } from './tensors.js'
import type { Target } from './trace/lowering.js'

/** Tensors in, tensors out; static shapes; no reading of values; no hidden randomness or state. */
export type CompiledFunction<In extends TensorTree, Out extends TensorTree> = (inputs: In) => Out

export interface RunOptions {
  /**
   * Pre-allocated tensors for some or all outputs, nested like the outputs: they are written in
   * place. They must not be inputs of the same run.
   */
  into?: Tree<HostTensor>
}

/** A function that has been made ready to run; one graph is kept for each signature of its inputs. */
export interface Compiled<In extends TensorTree, Out extends TensorTree> {
  run(inputs: HostTree<In>, options?: RunOptions): Promise<HostTree<Out>>
  /** Frees the graphs. */
  dispose(): Promise<void>
}

export interface CompileOptions {
  /** Names the function in messages and graphs. */
  name: string
  /**
   * `onnxruntime` traces the function to ONNX; `tfjs` runs it operation by operation on the current
   * TensorFlow.js backend.
   *
   * @default 'onnxruntime'
   */
  engine?: 'onnxruntime' | 'tfjs'
  /** Graphs kept at a time, one for each signature of the inputs. @default 8 */
  cacheSize?: number
  /**
   * What may be in a graph: standard operators and those of every device, or also those that ONNX Runtime has for
   * x64 processors alone.
   *
   * @default the fastest here
   */
  target?: Target
  session?: SessionOptions
}
