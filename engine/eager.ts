import * as tf from '@tensorflow/tfjs'
import type { Compiled, CompiledFunction, RunOptions } from './compiled.js'
import {
  flattenTree,
  type HostTensor,
  type HostTree,
  isHostTensor,
  isTensor,
  mapTree,
  type TensorTree,
  type Tree,
  toHost,
  toTensor,
} from './tensors.js'

/** Runs `fn` operation by operation on the current TensorFlow.js backend: the reference for tracing. */
export function eager<In extends TensorTree, Out extends TensorTree>(
  fn: CompiledFunction<In, Out>,
): Compiled<In, Out> {
  return {
    async run(inputs: HostTree<In>, options: RunOptions = {}): Promise<HostTree<Out>> {
      const outputs = inScope(() => {
        const tensors = mapTree(inputs as Tree<HostTensor>, isHostTensor, toTensor) as In
        return mapTree(fn(tensors), isTensor, toHost)
      })
      copyInto(outputs, options.into)
      return outputs as HostTree<Out>
    },
    async dispose() {},
  }
}

/** Copies outputs over the pre-allocated tensors that the caller gave for them. */
function copyInto(outputs: Tree<HostTensor>, into: Tree<HostTensor> | undefined): void {
  if (into === undefined) return
  const targets = new Map(flattenTree(into, isHostTensor).map(({ path, leaf }) => [path, leaf]))
  for (const { path, leaf } of flattenTree(outputs, isHostTensor)) {
    targets.get(path)?.data.set(leaf.data)
  }
}

/** `tf.tidy` for a result that holds no tensors. */
function inScope<Result>(call: () => Result): Result {
  tf.engine().startScope()
  try {
    return call()
  } finally {
    tf.engine().endScope()
  }
}
