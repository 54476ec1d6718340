import { DeviceError, TraceError } from '../../errors.js'
import type { ComputeOptions } from '../compute_options.js'
import { DeviceTensor } from '../device_tensor.js'
import { nodeName } from '../onnx/model_proto.js'
import type { RunTensor } from '../tensors.js'
import type { Node } from '../trace/graph.js'
import { keepAlive, LOG_ERRORS, sharedEnvironment } from './environment.js'
import { addressOf, api, checkStatus, create } from './ort_library.js'
import { OrtTensor, valueOnHost } from './ort_tensor.js'
import { placedNodes, placementOf, RECORD_PLACEMENT, refuseCpuNodes } from './placement.js'
import { appendProvider, deviceError } from './providers.js'

export interface SessionOptions extends Omit<ComputeOptions, 'engine'> {
  /**
   * The nodes of the graph, which show what is heavy; needed on devices, unless nodes on the
   * processor are allowed.
   */
  nodes?: readonly Node[]
  /**
   * What ONNX Runtime rewrites in the graph when it is loaded. `all` pays where weights are
   * constants, which are then rearranged once; where they are inputs it finds next to nothing, and
   * takes more time than the rest of loading.
   *
   * @default 'all'
   */
  optimizations?: 'all' | 'none'
  /** Writes a profile of every run to a file of this prefix when the session is disposed of. */
  profilePrefix?: string
}

/** ORT_DISABLE_ALL and ORT_ENABLE_ALL. */
const OPTIMIZATION_LEVELS = { none: 0, all: 99 }

const moved = { up: 0, down: 0 }

/** Bytes that runs of this process have moved from the host to devices, and back. */
export function transferred(): { up: number; down: number } {
  return { ...moved }
}

/** A graph loaded into ONNX Runtime. */
export class Session {
  private handle: bigint | undefined

  private constructor(
    private readonly name: string,
    private readonly device: NonNullable<ComputeOptions['device']>,
    handle: bigint,
  ) {
    this.handle = handle
  }

  /**
   * @param model an ONNX file.
   * @throws DeviceError where the device is not there, or cannot compute the graph.
   */
  static create(name: string, model: Uint8Array, options: SessionOptions = {}): Session {
    const { device = 'cpu', onPlaced } = options
    const tellsPlaces = device !== 'cpu' || onPlaced !== undefined
    const session = new Session(name, device, load(name, model, options, tellsPlaces))
    try {
      if (tellsPlaces) session.tellPlaces(options)
    } catch (error) {
      session.dispose()
      throw error
    }
    return session
  }

  /**
   * Runs the graph on another thread.
   *
   * @param feeds a tensor for every input of the graph, by name; not to be changed until the run
   *   ends.
   * @param fetches the tensors to write outputs to, by name; none of them may be a feed.
   */
  async run(
    feeds: Readonly<Record<string, RunTensor>>,
    fetches: Readonly<Record<string, RunTensor>>,
  ): Promise<void> {
    const bindings = this.bind(feeds, fetches)
    try {
      await runAsync(argumentsOf(bindings))
    } catch (error) {
      throw this.failure(error)
    } finally {
      release(bindings)
    }
  }

  /** As `run`, on this thread. */
  runNow(
    feeds: Readonly<Record<string, RunTensor>>,
    fetches: Readonly<Record<string, RunTensor>>,
  ): void {
    const bindings = this.bind(feeds, fetches)
    try {
      checkStatus(api().Run(...argumentsOf(bindings)))
    } catch (error) {
      throw this.failure(error)
    } finally {
      release(bindings)
    }
  }

  /** `OrtAllocator*` of the session for a memory (`OrtMemoryInfo*`); never released. */
  allocator(memory: bigint): bigint {
    return create('CreateAllocator', this.live(), memory)
  }

  /** Frees the graph. */
  dispose(): void {
    if (this.handle !== undefined) api().ReleaseSession(this.handle)
    this.handle = undefined
  }

  private live(): bigint {
    if (this.handle === undefined) throw new Error(`session ${this.name} was disposed of`)
    return this.handle
  }

  private tellPlaces({ nodes = [], allowCpuNodes = false, onPlaced }: SessionOptions): void {
    const placed = placedNodes(this.live())
    if (this.device !== 'cpu' && !allowCpuNodes) {
      const byName = new Map(nodes.map((node) => [nodeName(node), node]))
      refuseCpuNodes(this.name, this.device, placed, byName)
    }
    onPlaced?.(placementOf(this.name, placed))
  }

  private bind(
    feeds: Readonly<Record<string, RunTensor>>,
    fetches: Readonly<Record<string, RunTensor>>,
  ): Bindings {
    const session = this.live()
    const inputs = new Binding(this.name, feeds)
    const outputs = new Binding(this.name, fetches)
    if (this.device !== 'cpu') {
      moved.up += inputs.hostBytes
      moved.down += outputs.hostBytes
    }
    return { session, inputs, outputs }
  }

  private failure(error: unknown): Error {
    const { message } = error as Error
    if (this.device !== 'cpu') return deviceError(this.device, error, this.name)
    return new TraceError(
      this.name,
      `ONNX Runtime failed (${message})`,
      'check the shapes and values of its inputs',
    )
  }
}

/** `OrtSession*` of a graph. */
function load(
  name: string,
  model: Uint8Array,
  options: SessionOptions,
  tellsPlaces: boolean,
): bigint {
  const { env } = sharedEnvironment()
  const settings = create('CreateSessionOptions')
  try {
    configure(settings, options, tellsPlaces)
    const address = addressOf(model)
    const session = create('CreateSessionFromArray', env, address, model.byteLength, settings)
    keepAlive(model)
    return session
  } catch (error) {
    if (error instanceof DeviceError) throw error
    const { device = 'cpu' } = options
    if (device !== 'cpu') throw deviceError(device, error, name)
    throw new TraceError(
      name,
      `ONNX Runtime cannot load the graph (${(error as Error).message})`,
      'report it with the function that was traced',
    )
  } finally {
    api().ReleaseSessionOptions(settings)
  }
}

interface Bindings {
  session: bigint
  inputs: Binding
  outputs: Binding
}

function configure(
  settings: bigint,
  {
    device = 'cpu',
    precision = 'fp32',
    nodes = [],
    optimizations = 'all',
    profilePrefix,
  }: SessionOptions,
  tellsPlaces: boolean,
): void {
  const level = OPTIMIZATION_LEVELS[optimizations]
  checkStatus(api().SetSessionLogSeverityLevel(settings, LOG_ERRORS))
  checkStatus(api().SetSessionGraphOptimizationLevel(settings, level))
  checkStatus(api().AddSessionConfigEntry(settings, 'session.use_env_allocators', '1'))
  checkStatus(api().DisablePerSessionThreads(settings))
  if (tellsPlaces) checkStatus(api().AddSessionConfigEntry(settings, RECORD_PLACEMENT, '1'))
  if (profilePrefix) checkStatus(api().EnableProfiling(settings, profilePrefix))
  if (device === 'cpu') {
    // A pattern is one block for the whole graph, which the second run takes anew: 4 times the time
    // of a training step, and a third more memory. The arena serves each tensor as fast without.
    checkStatus(api().DisableMemPattern(settings))
  } else appendProvider(settings, device, { precision, nodes })
}

function argumentsOf({ session, inputs, outputs }: Bindings): (bigint | number | null)[] {
  return [
    session,
    null, // no run options
    addressOf(inputs.names),
    addressOf(inputs.values),
    inputs.count,
    addressOf(outputs.names),
    outputs.count,
    addressOf(outputs.values),
  ]
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

function release({ inputs, outputs }: Bindings): void {
  inputs.release()
  outputs.release()
}

/**
 * Named tensors as the C API takes them: arrays of names and of `OrtValue`s, those of host tensors
 * made for the one run.
 *
 * An address does not keep an array from the garbage collector, so everything that an address
 * points to is a field here until `release`.
 */
class Binding {
  readonly count: number
  /** Addresses of zero-terminated names. */
  readonly names: BigUint64Array
  /** `OrtValue*` each. */
  readonly values: BigUint64Array
  /** Bytes of the tensors that are on the host. */
  readonly hostBytes: number
  private readonly texts: Buffer
  private readonly dims: BigInt64Array
  private readonly made: bigint[] = []
  /** Their memory is what the values stand on. */
  tensors: readonly RunTensor[]

  constructor(graph: string, tensors: Readonly<Record<string, RunTensor>>) {
    const names = Object.keys(tensors)
    const list = Object.values(tensors)
    // Before any value is made, which would be lost where a tensor is refused.
    const handles = list.map((tensor, i) => handleOf(tensor, graph, names[i]))
    this.count = names.length
    this.names = new BigUint64Array(this.count)
    this.values = new BigUint64Array(this.count)
    this.texts = Buffer.from(names.map((name) => `${name}\0`).join(''))
    this.dims = BigInt64Array.from(
      list.flatMap((tensor) => (tensor instanceof DeviceTensor ? [] : [...tensor.shape])),
      BigInt,
    )
    this.tensors = list
    let text = addressOf(this.texts)
    let dims = addressOf(this.dims)
    let hostBytes = 0
    for (const [i, tensor] of list.entries()) {
      this.names[i] = text
      text += BigInt(Buffer.byteLength(names[i]) + 1)
      if (tensor instanceof DeviceTensor) {
        this.values[i] = handles[i] as bigint
        continue
      }
      this.values[i] = valueOnHost(tensor, dims)
      this.made.push(this.values[i])
      dims += BigInt(tensor.shape.length * BigInt64Array.BYTES_PER_ELEMENT)
      hostBytes += tensor.data.byteLength
    }
    this.hostBytes = hostBytes
  }

  release(): void {
    for (const value of this.made) api().ReleaseValue(value)
    this.tensors = []
  }
}

/** `OrtValue*` of a tensor that has one, as those of a `Memory`. */
function handleOf(tensor: RunTensor, graph: string, name: string): bigint | undefined {
  if (!(tensor instanceof DeviceTensor)) return undefined
  if (tensor instanceof OrtTensor) return tensor.handle
  throw new TraceError(
    graph,
    `${name} is a tensor of TensorFlow.js`,
    "give one of ONNX Runtime's memory",
  )
}
