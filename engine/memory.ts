import { DeviceError } from '../errors.js'
import type { ComputeOptions } from './compute_options.js'
import type { Memory } from './device_tensor.js'
import { tensorMemory } from './eager.js'
import { deviceMemory, hostMemory } from './runtime/device_memory.js'

/**
 * The memory of an engine and its device.
 *
 * @throws DeviceError that names what is missing where they are not there, or cannot compute so.
 */
export function openMemory(compute: ComputeOptions): Memory {
  const { engine = 'onnxruntime', device = 'cpu', precision = 'fp32' } = compute
  if (engine !== 'onnxruntime') {
    refuse(device !== 'cpu', engine, `does not compute on ${device}`)
    refuse(precision !== 'fp32', engine, `does not compute in ${precision}`)
    return tensorMemory(engine)
  }
  refuse(precision === 'tf32' && device !== 'cuda', device, 'has no tf32, which only cuda has')
  return device === 'cpu' ? hostMemory : deviceMemory(device)
}

function refuse(isRefused: boolean, where: string, what: string): void {
  if (isRefused) throw new DeviceError(where, what, 'use another device, engine or precision')
}
