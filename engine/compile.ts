import type { Compiled, CompiledFunction, CompileOptions } from './compiled.js'
import { eager } from './eager.js'
import { openMemory } from './memory.js'
import type { TensorTree } from './tensors.js'
import { traced } from './traced.js'

/**
 * Makes `fn` ready to run on an engine. Tracing happens at the first run of each input signature.
 *
 * @throws DeviceError where the engine or its device is not there, or does not compute so.
 */
export function compile<In extends TensorTree, Out extends TensorTree>(
  fn: CompiledFunction<In, Out>,
  options: CompileOptions,
): Compiled<In, Out> {
  openMemory(options) // throws what is not there before anything is traced
  const { engine = 'onnxruntime' } = options
  return engine === 'onnxruntime' ? traced(fn, options) : eager(fn, engine)
}
