import { DeviceError } from '../../errors.js'
import type { DeviceName, Precision } from '../compute_options.js'
import { nodeName } from '../onnx/model_proto.js'
import type { Node } from '../trace/graph.js'
import { deviceProblem } from './device_errors.js'
import { keepAlive } from './environment.js'
import { api, checkStatus, create, TextList } from './ort_library.js'

/** How ONNX Runtime calls a device: its provider, and its memory. */
export const PROVIDERS = {
  cuda: { provider: 'CUDAExecutionProvider', memory: 'Cuda' },
  webgpu: { provider: 'WebGpuExecutionProvider', memory: 'WebGPU_Buffer' },
} as const

export type RemoteDevice = Exclude<DeviceName, 'cpu'>

export interface ProviderOptions {
  precision: Precision
  /** Nodes of the graph. */
  nodes: readonly Node[]
}

/**
 * Puts a device before the processor in the options of a session.
 *
 * @throws DeviceError with the cause where it is not there.
 */
export function appendProvider(
  sessionOptions: bigint,
  device: RemoteDevice,
  options: ProviderOptions,
): void {
  try {
    if (device === 'cuda') appendCuda(sessionOptions, options)
    else appendWebGpu(sessionOptions, options)
  } catch (error) {
    throw deviceError(device, error)
  }
}

/**
 * A message of ONNX Runtime about a device as one sentence, with the graph that was loaded or run,
 * if there was one.
 */
export function deviceError(device: RemoteDevice, error: unknown, graph?: string): DeviceError {
  const { what, fix } = deviceProblem(device, (error as Error).message)
  return new DeviceError(device, graph === undefined ? what : `${graph}: ${what}`, fix)
}

function appendCuda(sessionOptions: bigint, { precision }: ProviderOptions): void {
  const settings = new Settings({ device_id: '0', use_tf32: precision === 'tf32' ? '1' : '0' })
  const options = create('CreateCUDAProviderOptions')
  try {
    checkStatus(api().UpdateCUDAProviderOptions(options, ...settings.list()))
    checkStatus(api().AppendCudaProvider(sessionOptions, options))
  } finally {
    api().ReleaseCUDAProviderOptions(options)
    keepAlive(settings)
  }
}

/**
 * Convolutions stay `n c h w`: with the other layout, its default, ONNX Runtime 1.29 computed
 * convolutions without the activation that it had fused into them, and does not report what runs
 * where. Its MaxPool says it has indices, and fails.
 */
function appendWebGpu(sessionOptions: bigint, { nodes }: ProviderOptions): void {
  const withIndices = nodes.filter(({ op, outputs }) => op === 'MaxPool' && outputs.length > 1)
  const settings = new Settings({
    preferredLayout: 'NCHW',
    enableInt64: '1',
    // An empty one is refused
    ...(withIndices.length > 0 ? { forceCpuNodeNames: withIndices.map(nodeName).join('\n') } : {}),
  })
  checkStatus(api().AppendProvider(sessionOptions, 'WebGPU', ...settings.list()))
  keepAlive(settings)
}

/** Options of a provider as the C API takes them; to be kept in reach while the list is used. */
class Settings {
  private readonly keys: TextList
  private readonly values: TextList

  constructor(settings: Readonly<Record<string, string>>) {
    this.keys = new TextList(Object.keys(settings))
    this.values = new TextList(Object.values(settings))
  }

  /** Keys, values, and how many. */
  list(): [bigint, bigint, number] {
    return [this.keys.address, this.values.address, this.keys.count]
  }
}
