import { availableParallelism } from 'node:os'
import { TraceError } from '../../errors.js'
import type { HostDType, HostTensor } from '../tensors.js'
import { addressOf, api, checkStatus, create } from './ort_library.js'

export interface SessionOptions {
  /** Writes a profile of every run to a file of this prefix when the session is disposed of. */
  profilePrefix?: string
}

/** ORT_LOGGING_LEVEL_ERROR. */
const LOG_ERRORS = 3
/** ORT_ENABLE_ALL. */
const ALL_OPTIMIZATIONS = 99
/** OrtDeviceAllocator or OrtArenaAllocator, OrtMemTypeDefault. */
const PLAIN_MEMORY = [0, 0] as const
const ARENA_MEMORY = [1, 0] as const
/** ONNXTensorElementDataType. */
const ELEMENT_TYPES: Record<HostDType, number> = { float32: 1, uint8: 2, int32: 6, bool: 9 }

let environment: { env: bigint; cpuMemory: bigint } | undefined
let threads = availableParallelism()

/** Threads that compute one operation, of whichever session: one for each processor that this process may use. */
export function sharedThreads(): number {
  return threads
}

/** Sets their number for the whole process; to be called before the first session is made. */
export function setSharedThreads(count: number): void {
  if (environment && count !== threads) {
    throw new Error(
      `setSharedThreads: ${threads} threads are running already; call it before anything is computed`,
    )
  }
  threads = count
}

/**
 * One for the process, never released. All sessions take their intermediate results from one arena: they
 * run one after another, and the graphs of several image sizes would otherwise hold gigabytes each. They
 * share threads too: those of a session that has just run go on spinning for a while, in the next one's way.
 */
function shared() {
  if (environment) return environment
  const threading = create('CreateThreadingOptions')
  checkStatus(api().SetGlobalIntraOpNumThreads(threading, threads))
  const env = create('CreateEnvWithGlobalThreadPools', LOG_ERRORS, 'vanilladet', threading)
  api().ReleaseThreadingOptions(threading)
  const arena = create('CreateCpuMemoryInfo', ...ARENA_MEMORY)
  checkStatus(api().CreateAndRegisterAllocator(env, arena, null))
  environment = { env, cpuMemory: create('CreateCpuMemoryInfo', ...PLAIN_MEMORY) }
  return environment
}

/** A graph loaded into ONNX Runtime on the CPU. */
export class Session {
  private readonly name: string
  private handle: bigint | undefined

  private constructor(name: string, handle: bigint) {
    this.name = name
    this.handle = handle
  }

  /** @param model an ONNX file. */
  static async create(
    name: string,
    model: Uint8Array,
    { profilePrefix }: SessionOptions = {},
  ): Promise<Session> {
    const { env } = shared()
    const options = create('CreateSessionOptions')
    try {
      checkStatus(api().SetSessionLogSeverityLevel(options, LOG_ERRORS))
      checkStatus(api().SetSessionGraphOptimizationLevel(options, ALL_OPTIMIZATIONS))
      checkStatus(api().AddSessionConfigEntry(options, 'session.use_env_allocators', '1'))
      checkStatus(api().DisablePerSessionThreads(options))
      if (profilePrefix) checkStatus(api().EnableProfiling(options, profilePrefix))
      const address = addressOf(model)
      const session = create('CreateSessionFromArray', env, address, model.byteLength, options)
      keepAlive(model)
      return new Session(name, session)
    } catch (error) {
      throw new TraceError(
        name,
        `ONNX Runtime cannot load the graph (${(error as Error).message})`,
        'report it with the function that was traced',
      )
    } finally {
      api().ReleaseSessionOptions(options)
    }
  }

  /**
   * Runs the graph on another thread.
   *
   * @param feeds a tensor for every input of the graph, by name; not to be changed until the run ends.
   * @param fetches the tensors to write outputs to, by name; none of them may be a feed.
   */
  async run(
    feeds: Readonly<Record<string, HostTensor>>,
    fetches: Readonly<Record<string, HostTensor>>,
  ): Promise<void> {
    if (this.handle === undefined) throw new Error(`session ${this.name} was disposed of`)
    const inputs = new Binding(feeds)
    const outputs = new Binding(fetches)
    try {
      await runAsync([
        this.handle,
        null, // no run options
        addressOf(inputs.names),
        addressOf(inputs.values),
        inputs.count,
        addressOf(outputs.names),
        outputs.count,
        addressOf(outputs.values),
      ])
    } catch (error) {
      throw new TraceError(
        this.name,
        `ONNX Runtime failed (${(error as Error).message})`,
        'check the shapes and values of its inputs',
      )
    } finally {
      inputs.release()
      outputs.release()
    }
  }

  /** Frees the graph. */
  async dispose(): Promise<void> {
    if (this.handle !== undefined) api().ReleaseSession(this.handle)
    this.handle = undefined
  }
}

/** The garbage collector leaves an array alone that is still to be used. */
function keepAlive(array: Uint8Array): void {
  if (array.byteLength < 0) throw new RangeError('an array has a negative length')
}

function runAsync(args: (bigint | number | null)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    api().Run.async(...args, (error, status) => {
      try {
        if (error) throw error
        checkStatus(status)
        resolve()
      } catch (failure) {
        reject(failure)
      }
    })
  })
}

/**
 * Named tensors as the C API takes them: arrays of names and of `OrtValue`s over the tensors' own memory.
 *
 * An address does not keep an array from the garbage collector, so everything that an address points to
 * is a field here until `release`.
 */
class Binding {
  readonly count: number
  /** Addresses of zero-terminated names. */
  readonly names: BigUint64Array
  /** `OrtValue*` each. */
  readonly values: BigUint64Array
  private readonly texts: Buffer
  private readonly dims: BigInt64Array
  /** Their memory is what the values stand on. */
  tensors: readonly HostTensor[]

  constructor(tensors: Readonly<Record<string, HostTensor>>) {
    const names = Object.keys(tensors)
    const list = Object.values(tensors)
    this.count = names.length
    this.names = new BigUint64Array(this.count)
    this.values = new BigUint64Array(this.count)
    this.texts = Buffer.from(names.map((name) => `${name}\0`).join(''))
    this.dims = BigInt64Array.from(
      list.flatMap(({ shape }) => [...shape]),
      BigInt,
    )
    this.tensors = list
    let text = addressOf(this.texts)
    let dims = addressOf(this.dims)
    for (const [i, tensor] of list.entries()) {
      this.names[i] = text
      this.values[i] = makeValue(tensor, dims)
      text += BigInt(Buffer.byteLength(names[i]) + 1)
      dims += BigInt(tensor.shape.length * BigInt64Array.BYTES_PER_ELEMENT)
    }
  }

  release(): void {
    for (const value of this.values) api().ReleaseValue(value)
    this.tensors = []
  }
}

/** An `OrtValue*` over the memory of a tensor whose shape stands at `dims`. */
function makeValue({ dtype, shape, data }: HostTensor, dims: bigint): bigint {
  const { cpuMemory } = shared()
  const [address, type] = [addressOf(data), ELEMENT_TYPES[dtype]]
  const bytes = data.byteLength
  return create(
    'CreateTensorWithDataAsOrtValue',
    cpuMemory,
    address,
    bytes,
    dims,
    shape.length,
    type,
  )
}
