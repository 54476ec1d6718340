import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { koffi } from './native.js'
import { disableTelemetry } from './telemetry.js'

/**
 * ONNX Runtime's C API, called in the very library that onnxruntime-node ships.
 *
 * onnxruntime-node's own `run` copies every output into new memory, also where the caller gave
 * memory for it, and holds up the event loop while it computes. For a training step, whose outputs
 * are hundreds of megabytes of state, the copies alone cost a second. Through the C API outputs are
 * written where they belong, and the computation runs on another thread.
 *
 * Source: onnxruntime_c_api.h of ONNX Runtime 1.29; the order of the functions is part of its ABI.
 */
const API_VERSION = 24

/**
 * Place of each function in the table `OrtApi`, and its arguments; all but releases return an
 * `OrtStatus*`. The API calls `AppendCudaProvider` `SessionOptionsAppendExecutionProvider_CUDA_V2`,
 * and `AppendProvider` the same without the ending.
 */
const FUNCTIONS = {
  GetErrorMessage: [2, 'const char *', ['void *']],
  CreateSessionFromArray: [8, 'void *', ['void *', 'void *', 'size_t', 'void *', 'void *']],
  Run: [
    9,
    'void *',
    ['void *', 'void *', 'void *', 'void *', 'size_t', 'void *', 'size_t', 'void *'],
  ],
  CreateSessionOptions: [10, 'void *', ['void *']],
  EnableProfiling: [14, 'void *', ['void *', 'const char *']],
  DisableMemPattern: [17, 'void *', ['void *']],
  SetSessionLogSeverityLevel: [22, 'void *', ['void *', 'int']],
  SetSessionGraphOptimizationLevel: [23, 'void *', ['void *', 'int']],
  CreateTensorAsOrtValue: [48, 'void *', ['void *', 'void *', 'size_t', 'int', 'void *']],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void *',
    ['void *', 'void *', 'size_t', 'void *', 'size_t', 'int', 'void *'],
  ],
  CreateMemoryInfo: [68, 'void *', ['const char *', 'int', 'int', 'int', 'void *']],
  CreateCpuMemoryInfo: [69, 'void *', ['int', 'int', 'void *']],
  CreateEnvWithGlobalThreadPools: [119, 'void *', ['int', 'const char *', 'void *', 'void *']],
  DisablePerSessionThreads: [120, 'void *', ['void *']],
  CreateThreadingOptions: [121, 'void *', ['void *']],
  ReleaseThreadingOptions: [122, 'void', ['void *']],
  AddSessionConfigEntry: [130, 'void *', ['void *', 'const char *', 'const char *']],
  CreateAllocator: [131, 'void *', ['void *', 'void *', 'void *']],
  CreateAndRegisterAllocator: [144, 'void *', ['void *', 'void *', 'void *']],
  SetGlobalIntraOpNumThreads: [147, 'void *', ['void *', 'int']],
  ReleaseArenaCfg: [157, 'void', ['void *']],
  CreateArenaCfgV2: [164, 'void *', ['void *', 'void *', 'size_t', 'void *']],
  AppendCudaProvider: [204, 'void *', ['void *', 'void *']],
  CreateCUDAProviderOptions: [205, 'void *', ['void *']],
  UpdateCUDAProviderOptions: [206, 'void *', ['void *', 'void *', 'void *', 'size_t']],
  ReleaseCUDAProviderOptions: [208, 'void', ['void *']],
  AppendProvider: [216, 'void *', ['void *', 'const char *', 'void *', 'void *', 'size_t']],
  CreateAndRegisterAllocatorV2: [
    259,
    'void *',
    ['void *', 'const char *', 'void *', 'void *', 'void *', 'void *', 'size_t'],
  ],
  Session_GetEpGraphAssignmentInfo: [407, 'void *', ['void *', 'void *', 'void *']],
  EpAssignedSubgraph_GetEpName: [408, 'void *', ['void *', 'void *']],
  EpAssignedSubgraph_GetNodes: [409, 'void *', ['void *', 'void *', 'void *']],
  EpAssignedNode_GetName: [410, 'void *', ['void *', 'void *']],
  EpAssignedNode_GetOperatorType: [412, 'void *', ['void *', 'void *']],
  ReleaseStatus: [93, 'void', ['void *']],
  ReleaseSession: [95, 'void', ['void *']],
  ReleaseValue: [96, 'void', ['void *']],
  ReleaseSessionOptions: [100, 'void', ['void *']],
} as const satisfies Record<string, [number, string, string[]]>

const POINTER_BYTES = 8

type FunctionName = keyof typeof FUNCTIONS
type Argument = bigint | number | string | null

interface NativeFunction {
  (...args: Argument[]): unknown
  async(...args: [...Argument[], (error: unknown, result: unknown) => void]): void
}

/** Names of the shared library on Linux, macOS and Windows. */
const LIBRARY_NAME = /^(libonnxruntime\.so\.1|libonnxruntime\.[\d.]+\.dylib|onnxruntime\.dll)$/

/** The package onnxruntime-node: its folder, and its version, which is ONNX Runtime's. */
export function onnxruntimeNode(): { root: string; version: string } {
  const require = createRequire(import.meta.url)
  const path = require.resolve('onnxruntime-node/package.json')
  return { root: dirname(path), version: require(path).version }
}

/** Path of the ONNX Runtime library inside onnxruntime-node. */
export function libraryPath(): string {
  const binaries = join(onnxruntimeNode().root, 'bin')
  for (const version of readdirSync(binaries)) {
    const folder = join(binaries, version, process.platform, process.arch)
    const name = readdirSync(folder).find((file) => LIBRARY_NAME.test(file))
    if (name) return join(folder, name)
  }
  throw new Error(
    `onnxruntime-node has no library for ${process.platform} ${process.arch}; use a platform that it supports`,
  )
}

function loadFunctions(): Record<FunctionName, NativeFunction> {
  disableTelemetry()
  library = koffi.load(libraryPath())
  const base = library.func('OrtGetApiBase', 'void *', [])()
  const getApiPointer = koffi.decode(base, 'void *')
  const getApi = koffi.decode(getApiPointer, koffi.proto('void *', ['uint32_t']))
  const table = getApi(API_VERSION)
  const entries = Object.entries(FUNCTIONS).map(([name, [index, result, args]]) => {
    const pointer = koffi.decode(table, index * POINTER_BYTES, 'void *')
    return [name, koffi.decode(pointer, koffi.proto(result, [...args]))]
  })
  return Object.fromEntries(entries) as Record<FunctionName, NativeFunction>
}

let functions: Record<FunctionName, NativeFunction> | undefined
/** Once nothing refers to it, koffi unloads it under the functions' feet. */
let library: ReturnType<typeof koffi.load> | undefined

/** The functions of the C API; the library is loaded at the first call. */
export function api(): Record<FunctionName, NativeFunction> {
  functions ??= loadFunctions()
  return functions
}

/**
 * Address of the first byte of an array, which the caller keeps in reach while the address is used.
 */
export function addressOf(array: ArrayBufferView): bigint {
  return array.byteLength === 0 ? 0n : BigInt(koffi.address(array))
}

/** Throws the message of an `OrtStatus*` that is not null, and frees it. */
export function checkStatus(status: unknown): void {
  if (status === null || status === 0n || status === undefined) return
  const message = String(api().GetErrorMessage(status as bigint))
  api().ReleaseStatus(status as bigint)
  throw new Error(message)
}

/** Where `create` has its handle put; one for all, since such calls do not overlap. */
const created = new BigUint64Array(1)

/**
 * Calls a function whose last two arguments are the addresses where it puts an array of handles and
 * its length.
 */
export function listed(name: FunctionName, handle: bigint): bigint[] {
  const found = new BigUint64Array(2)
  checkStatus(api()[name](handle, addressOf(found), addressOf(found) + 8n))
  const handles = Array.from({ length: Number(found[1]) }, (_, i) =>
    koffi.decode(found[0], i * POINTER_BYTES, 'void *'),
  )
  return handles as bigint[]
}

/**
 * The zero-terminated text whose address a function with one argument writes to the place that
 * it is given.
 */
export function textOf(name: FunctionName, handle: bigint): string {
  return koffi.decode(create(name, handle), 'char', -1) as string
}

/** Texts as the C API takes lists of them; to be kept in reach while its address is used. */
export class TextList {
  readonly count: number
  private readonly bytes: Buffer
  private readonly addresses: BigUint64Array

  constructor(texts: readonly string[]) {
    this.count = texts.length
    this.bytes = Buffer.from(texts.map((text) => `${text}\0`).join(''))
    this.addresses = new BigUint64Array(texts.length)
    let address = addressOf(this.bytes)
    for (const [i, text] of texts.entries()) {
      this.addresses[i] = address
      address += BigInt(Buffer.byteLength(text) + 1)
    }
  }

  /** `const char **`. */
  get address(): bigint {
    return addressOf(this.addresses)
  }
}

/**
 * Calls a function whose last argument is the address where it puts a handle, and returns the
 * handle.
 */
export function create(name: FunctionName, ...args: Argument[]): bigint {
  checkStatus(api()[name](...args, addressOf(created)))
  return created[0]
}
