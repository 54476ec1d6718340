import type { Compiled, CompiledFunction, CompileOptions } from './compiled.js'
import { eager } from './eager.js'
import type { TensorTree } from './tensors.js'
import { traced } from './traced.js'

/** Makes `fn` ready to run on an engine. Tracing happens at the first run of each input signature. */
export function compile<In extends TensorTree, Out extends TensorTree>(
  fn: CompiledFunction<In, Out>,
  options: CompileOptions,
): Compiled<In, Out> {
  const { engine = 'onnxruntime' } = options
  return engine === 'onnxruntime' ? traced(fn, options) : eager(fn, engine)
}
