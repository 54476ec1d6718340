import { TraceError } from '../../errors.js'
import * as tf from '../../tf/tf.js'
import { requireOneCopy } from '../one_copy.js'
import { Graph } from './graph.js'
import './kernels/index.js'
import {
  Lowering,
  loweringRules,
  numbersOf,
  type Purpose,
  type Traced,
  type TracedDType,
  takeRules,
} from './lowering.js'

/** Numbers that a traced function made or captured: the same in every graph that uses them. */
interface Known {
  values: tf.backend_util.TypedArray
  shape: readonly number[]
  dtype: TracedDType
  refCount: number
}

/**
 * A TensorFlow.js backend that records operations as nodes of a graph instead of computing them.
 */
export class TraceBackend extends tf.KernelBackend {
  private lowering: Lowering | undefined
  private traced = new Map<object, Traced>()
  private readonly known = new WeakMap<object, Known>()

  /** Starts a new graph. */
  begin(functionName: string, purpose: Purpose): Lowering {
    if (this.lowering) {
      throw new TraceError(
        functionName,
        `is traced inside ${this.lowering.functionName}`,
        'call the inner function itself instead of its compiled form',
      )
    }
    this.lowering = new Lowering(new Graph(), functionName, purpose)
    return this.lowering
  }

  /** Ends the graph; tensors of it are gone. */
  end(): void {
    this.lowering = undefined
    this.traced = new Map()
  }

  get current(): Lowering {
    if (!this.lowering) throw new Error('a traced tensor was used after its function had returned')
    return this.lowering
  }

  /** Makes a traced value known to TensorFlow.js. */
  hold(value: Traced): tf.TensorInfo {
    const dataId = {}
    this.traced.set(dataId, value)
    return { dataId, shape: [...value.shape], dtype: value.dtype }
  }

  /** The traced value behind a tensor; numbers become a constant of the current graph. */
  lookUp(info: tf.TensorInfo): Traced {
    const value = this.traced.get(info.dataId)
    if (value) return { ...value, ...withShape(value, info.shape) }
    if (!this.known.has(info.dataId)) tf.engine().moveData(this, info.dataId)
    const known = this.known.get(info.dataId) as Known
    const data = numbersOf(known.dtype, known.values)
    const constant = this.current.constant(known.dtype, known.shape, data)
    this.traced.set(info.dataId, constant)
    return { ...constant, ...withShape(constant, info.shape) }
  }

  override write(
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): tf.DataId {
    const dataId = {}
    this.move(dataId, values, shape, dtype)
    return dataId
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount = 1,
  ): void {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw this.refusal(`a tensor of dtype ${dtype} was made`, 'use float32, int32 or bool')
    }
    this.known.set(dataId, { values: values as tf.backend_util.TypedArray, shape, dtype, refCount })
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const known = this.known.get(dataId)
    if (known) return known.values
    const value = this.traced.get(dataId)
    const what = value
      ? `a traced ${value.value.producer?.op ?? 'input'} of shape [${value.shape.join(', ')}]`
      : 'a traced tensor'
    throw this.refusal(
      `dataSync() was called on ${what}`,
      'a traced value has no numbers yet, so return it as an output',
    )
  }

  override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId)
  }

  /** Error that names what cannot be traced, and what to do. */
  refusal(what: string, fix: string): TraceError {
    return new TraceError(this.lowering?.functionName ?? 'function', what, fix)
  }

  override disposeData(dataId: tf.DataId): boolean {
    return this.lowering ? false : this.known.delete(dataId)
  }

  override incRef(): void {}

  override refCount(dataId: tf.DataId): number {
    return this.known.get(dataId)?.refCount ?? 1
  }

  override numDataIds(): number {
    return this.traced.size
  }

  override memory() {
    return { unreliable: true }
  }

  override floatPrecision(): 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override timerAvailable(): boolean {
    return false
  }

  override dispose(): void {}
}

/**
 * A tensor can be seen under another shape without a kernel (TensorFlow.js reshapes scalars so).
 */
function withShape(value: Traced, shape: readonly number[]): Partial<Traced> {
  return value.shape.length === shape.length ? {} : { shape }
}

/** The recording backend, registered with TensorFlow.js together with its kernels. */
export const traceBackend = new TraceBackend()

requireOneCopy(import.meta.url)
tf.registerBackend(tf.TRACE_BACKEND, () => traceBackend, 0)

takeRules((kernelName, rule) => {
  if (tf.getKernel(kernelName, tf.TRACE_BACKEND)) tf.unregisterKernel(kernelName, tf.TRACE_BACKEND)
  tf.registerKernel({
    kernelName,
    backendName: tf.TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      const traced = Object.fromEntries(
        Object.entries(inputs)
          .filter(([, info]) => info !== undefined && info !== null)
          .map(([key, info]) => [key, traceBackend.lookUp(info as tf.TensorInfo)]),
      )
      const call = {
        name: kernelName,
        inputs: traced,
        attributes: (attrs ?? {}) as Record<string, unknown>,
      }
      let result: Traced | Traced[]
      try {
        result = rule(traceBackend.current, call)
      } catch (error) {
        if (error instanceof TraceError) throw error
        throw traceBackend.refusal(`${kernelName} failed`, (error as Error).message)
      }
      return Array.isArray(result)
        ? result.map((value) => traceBackend.hold(value))
        : traceBackend.hold(result)
    },
  })
})

tf.registerKernel({
  kernelName: 'Identity',
  backendName: tf.TRACE_BACKEND,
  kernelFunc: ({ inputs }) => {
    const { dataId, shape, dtype } = inputs.x as tf.TensorInfo
    return { dataId, shape, dtype }
  },
})

/**
 * Kernels of the CPU backend that cannot be traced report it, with the operation that asked for
 * them.
 */
function refuseOtherKernels(): void {
  const lowered = new Set([...loweringRules().keys(), 'Identity'])
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (lowered.has(kernelName)) continue
    tf.registerKernel({
      kernelName,
      backendName: tf.TRACE_BACKEND,
      kernelFunc: () => {
        const operation = (tf.engine().state.activeScope?.name ?? '').replace(/__op$/, '')
        throw traceBackend.refusal(
          `tf.${operation} needs the kernel ${kernelName}, which has no ONNX form here`,
          'add one with lower() in engine/trace/kernels/, or compose it of other operations',
        )
      },
    })
  }
}
refuseOtherKernels()
