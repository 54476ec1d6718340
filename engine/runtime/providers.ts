import { DeviceError } from '../../errors.js'
import type { DeviceName, Precision } from '../compiled.js'
import { deviceProblem } from './device_errors.js'
import { keepAlive } from './environment.js'
import { api, checkStatus, create, TextList } from './ort_library.js'

/** How ONNX Runtime calls a device: its provider, and its memory. */
export const PROVIDERS = {
  cuda: { provider: 'CUDAExecutionProvider', memory: 'Cuda' },
  webgpu: { provider: 'WebGpuExecutionProvider', memory: 'WebGPU_Buffer' },
} as const

export type RemoteDevice = Exclude<DeviceName, 'cpu'>

/**
 * Puts a device before the processor in the options of a session.
 *
 * @throws DeviceError with the cause where it is not there.
 */
export function appendProvider(
  sessionOptions: bigint,
  device: RemoteDevice,
  precision: Precision,
): void {
  try {
    if (device === 'cuda') appendCuda(sessionOptions, precision)
    else appendPlain(sessionOptions, 'WebGPU')
  } catch (error) {
    throw deviceError(device, error)
  }
}

/** A message of ONNX Runtime about a device as one sentence. */
export function deviceError(device: RemoteDevice, error: unknown): DeviceError {
  const { what, fix } = deviceProblem(device, (error as Error).message)
  return new DeviceError(device, what, fix)
}

function appendCuda(sessionOptions: bigint, precision: Precision): void {
  const settings = { device_id: '0', use_tf32: precision === 'tf32' ? '1' : '0' }
  const keys = new TextList(Object.keys(settings))
  const values = new TextList(Object.values(settings))
  const options = create('CreateCUDAProviderOptions')
  try {
    const { address, count } = keys
    checkStatus(api().UpdateCUDAProviderOptions(options, address, values.address, count))
    checkStatus(api().AppendCudaProvider(sessionOptions, options))
  } finally {
    api().ReleaseCUDAProviderOptions(options)
    keepAlive(keys, values)
  }
}

function appendPlain(sessionOptions: bigint, name: string): void {
  checkStatus(api().AppendProvider(sessionOptions, name, null, null, 0))
}
