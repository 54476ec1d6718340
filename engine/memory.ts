import { DeviceError } from '../errors.js'
import type { ComputeOptions } from './compiled.js'
import type { DeviceTensor } from './device_tensor.js'
import { tensorMemory } from './eager.js'
import { deviceMemory, hostMemory } from './runtime/device_memory.js'
import type { HostDType, HostTensor } from './tensors.js'

/** Where functions compiled with the same options compute. */
export interface Memory {
  /** A tensor with these numbers. On the processor it takes the array over. */
  upload(host: HostTensor): DeviceTensor
  zeros(dtype: HostDType, shape: readonly number[]): DeviceTensor
  /** Gives a tensor other numbers, of its type and shape. */
  write(tensor: DeviceTensor, host: HostTensor): void
}

/**
 * The memory of an engine and its device.
 *
 * @throws DeviceError that says what is missing where they are not there.
 */
export function openMemory({ engine = 'onnxruntime', device = 'cpu' }: ComputeOptions): Memory {
  if (engine === 'onnxruntime') return device === 'cpu' ? hostMemory : deviceMemory(device)
  if (device === 'cpu') return tensorMemory(engine)
  throw new DeviceError(device, `is not for the engine ${engine}`, 'use --engine onnxruntime')
}
