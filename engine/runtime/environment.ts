import { availableParallelism } from 'node:os'
import { addressOf, api, checkStatus, create, TextList } from './ort_library.js'

/** ORT_LOGGING_LEVEL_ERROR, and the one above it: what goes wrong is thrown, not logged. */
export const LOG_ERRORS = 3
const LOG_FATAL = 4
/** OrtDeviceAllocator or OrtArenaAllocator, OrtMemTypeDefault. */
const PLAIN_MEMORY = [0, 0] as const
const ARENA_MEMORY = [1, 0] as const

let environment: { env: bigint; cpuMemory: bigint } | undefined
let threads = availableParallelism()

/**
 * Threads that compute one operation, of whichever session: one for each processor that this
 * process may use.
 */
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
 * One for the process, never released. All sessions take their intermediate results from one arena:
 * they run one after another, and the graphs of several image sizes would otherwise hold gigabytes
 * each. They share threads too: those of a session that has just run go on spinning for a while, in
 * the next one's way.
 */
export function sharedEnvironment(): { env: bigint; cpuMemory: bigint } {
  if (environment) return environment
  const threading = create('CreateThreadingOptions')
  checkStatus(api().SetGlobalIntraOpNumThreads(threading, threads))
  const env = create('CreateEnvWithGlobalThreadPools', LOG_FATAL, 'vanilladet', threading)
  api().ReleaseThreadingOptions(threading)
  const arena = create('CreateCpuMemoryInfo', ...ARENA_MEMORY)
  checkStatus(api().CreateAndRegisterAllocator(env, arena, null))
  environment = { env, cpuMemory: create('CreateCpuMemoryInfo', ...PLAIN_MEMORY) }
  return environment
}

/**
 * One arena on a CUDA device for all sessions, as on the processor. @param memory its
 * `OrtMemoryInfo*`.
 */
export function shareCudaArena(memory: bigint): void {
  const keys = new TextList(['device_id'])
  const values = new TextList(['0'])
  const arena = growingAsNeeded() // ONNX Runtime reads it without asking whether there is one
  try {
    const status = api().CreateAndRegisterAllocatorV2(
      sharedEnvironment().env,
      'CUDAExecutionProvider',
      memory,
      arena,
      keys.address,
      values.address,
      keys.count,
    )
    checkStatus(status)
  } finally {
    api().ReleaseArenaCfg(arena)
    keepAlive(keys, values)
  }
}

/**
 * `OrtArenaCfg*` of an arena without limit that grows by what is asked for, where others double:
 * kSameAsRequested.
 */
function growingAsNeeded(): bigint {
  const keys = new TextList(['max_mem', 'arena_extend_strategy'])
  const values = BigUint64Array.of(0n, 1n)
  const arena = create('CreateArenaCfgV2', keys.address, addressOf(values), keys.count)
  keepAlive(keys, values)
  return arena
}

/** `OrtMemoryInfo*` of plain memory of a device, such as `Cuda`; never released. */
export function memoryOfDevice(name: string): bigint {
  const [allocator, kind] = PLAIN_MEMORY
  return create('CreateMemoryInfo', name, allocator, 0, kind)
}

/**
 * Keeps what is still to be used when this is called from the garbage collector, as making a
 * WeakRef does for a while.
 */
export function keepAlive(...values: object[]): void {
  for (const value of values) new WeakRef(value).deref()
}
