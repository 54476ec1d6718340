import { type ComputeOptions, DEVICES, openMemory } from '../../engine/index.js'
import { DeviceError } from '../../errors.js'

/** GPUs that ONNX Runtime can compute on here; tests of them are skipped elsewhere. */
export const GPUS = DEVICES.filter((device) => device !== 'cpu')

/**
 * Whether a device is there. A machine without a GPU has one for WebGPU in SwiftShader, which lies
 * beside Chromium: VK_ICD_FILENAMES names its vk_swiftshader_icd.json, and LD_LIBRARY_PATH a folder
 * with Chromium's libvulkan.so.1.
 */
export function isHere(device: NonNullable<ComputeOptions['device']>): boolean {
  try {
    openMemory({ device })
    return true
  } catch (error) {
    if (error instanceof DeviceError) return false
    throw error
  }
}
