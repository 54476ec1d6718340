import { type HostDType, type HostTensor, zeros } from '../host_tensor.js'
import * as tf from '../tf/tf.js'
import type { Compiled, CompiledFunction, RunOptions } from './compiled.js'
import type { EngineName } from './compute_options.js'
import { DeviceTensor, type Memory } from './device_tensor.js'
import { loadTensorflow } from './tensorflow_backend.js'
import {
  flattenTree,
  type HostTree,
  isRunTensor,
  isTensor,
  mapTree,
  type RunTensor,
  type RunTree,
  type TensorTree,
  type Tree,
  toHost,
  toTensor,
} from './tensors.js'

type EagerEngine = Exclude<EngineName, 'onnxruntime'>

/**
 * Runs `fn` operation by operation on a TensorFlow.js backend, `tfjs`: on the current one. It is
 * the reference for tracing.
 */
export function eager<In extends TensorTree, Out extends TensorTree>(
  fn: CompiledFunction<In, Out>,
  engine: EagerEngine = 'tfjs',
): Compiled<In, Out> {
  async function run(
    inputs: RunTree<In>,
    { into }: RunOptions<RunTensor> = {},
  ): Promise<HostTree<Out>> {
    useBackend(engine)
    const leaves = into === undefined ? [] : flattenTree(into, isRunTensor)
    const targets = new Map(leaves.map(({ path, leaf }) => [path, leaf]))
    const outputs = inScope(() => {
      const tensors = mapTree(inputs as Tree<RunTensor>, isRunTensor, tensorOf) as In
      const results = fn(tensors) as Tree<tf.Tensor>
      return mapTree(results, isTensor, (tensor, path) => place(tensor, targets.get(path)))
    })
    return outputs as HostTree<Out>
  }
  return { run, isReady: () => true, async prepare() {}, async dispose() {} }
}

/** Tensors of a backend. */
export function tensorMemory(engine: EagerEngine): Memory {
  useBackend(engine)
  const upload = (host: HostTensor) => {
    useBackend(engine)
    return new BackendTensor(host.dtype, tf.keep(toTensor(host)))
  }
  return {
    upload,
    zeros: (dtype, shape) => upload(zeros(dtype, shape)),
    write: (tensor, host) => inScope(() => ours(tensor).replace(toTensor(host))),
  }
}

function useBackend(engine: EagerEngine): void {
  if (engine === 'tensorflow') loadTensorflow()
}

/** A tensor that no scope ends. */
class BackendTensor extends DeviceTensor {
  readonly shape: readonly number[]

  constructor(
    readonly dtype: HostDType,
    private held: tf.Tensor,
  ) {
    super()
    this.shape = held.shape
  }

  get tensor(): tf.Tensor {
    return this.held
  }

  /** Holds the numbers of another tensor, and lets go of its own. */
  replace(tensor: tf.Tensor): void {
    tf.dispose(this.held)
    this.held = tf.keep(tf.clone(tensor))
  }

  override read(): HostTensor {
    const host = toHost(this.held)
    return this.dtype === 'uint8'
      ? { ...host, dtype: 'uint8', data: Uint8Array.from(host.data) }
      : host
  }

  override dispose(): void {
    tf.dispose(this.held)
  }
}

function tensorOf(tensor: RunTensor): tf.Tensor {
  return tensor instanceof DeviceTensor ? ours(tensor).tensor : toTensor(tensor)
}

function ours(tensor: DeviceTensor): BackendTensor {
  if (tensor instanceof BackendTensor) return tensor
  throw new Error(
    'a tensor of ONNX Runtime was given to a function on TensorFlow.js; ' +
      'make it with openMemory of the same engine',
  )
}

/**
 * What a run returns for an output: the caller's tensor with the output's numbers, or a new one on
 * the host.
 */
function place(tensor: tf.Tensor, target: RunTensor | undefined): RunTensor {
  if (target instanceof DeviceTensor) {
    ours(target).replace(tensor)
    return target
  }
  const host = toHost(tensor)
  if (target === undefined) return host
  target.data.set(host.data)
  return target
}

/** `tf.tidy` for a result that holds no tensors but kept ones. */
function inScope<Result>(call: () => Result): Result {
  tf.engine().startScope()
  try {
    return call()
  } finally {
    tf.engine().endScope()
  }
}
