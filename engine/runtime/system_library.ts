import { existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { DeviceError } from '../../errors.js'
import { missingLibrary } from './device_errors.js'
import { koffi } from './native.js'

/** cuDNN 9, as the CUDA provider asks for it when a graph first needs it. */
export const CUDNN = process.platform === 'win32' ? 'cudnn64_9.dll' : 'libcudnn.so.9'

const VULKAN = 'libvulkan.so.1'

/** Whether the system finds a shared library by its file name, and those that it needs. */
export function isLibraryFound(name: string): boolean {
  // By its name alone Windows would load one of the current folder before those on PATH.
  return (process.platform === 'win32' ? onPath(name) : [name]).some(loads)
}

/**
 * Files of this name in the folders on `PATH`, but for folders that are relative to the current
 * one.
 */
export function onPath(name: string, path = process.env.PATH ?? ''): string[] {
  const folders = path.split(delimiter).filter(isAbsolute)
  return folders.map((folder) => join(folder, name)).filter(existsSync)
}

function loads(path: string): boolean {
  try {
    koffi.load(path)
    return true
  } catch {
    return false
  }
}

/**
 * Refuses CUDA without cuDNN, which would begin and fail in the first convolution. To be called
 * when the provider is loaded: it names what else may be missing.
 */
export function requireCudnn(): void {
  if (isLibraryFound(CUDNN)) return
  const { what, fix } = missingLibrary(CUDNN)
  throw new DeviceError('cuda', what, fix)
}

/**
 * Refuses WebGPU without Vulkan, where it is what WebGPU stands on: ONNX Runtime would only report
 * that it finds no GPU.
 */
export function requireVulkan(): void {
  if (process.platform !== 'linux' || isLibraryFound(VULKAN)) return
  throw new DeviceError(
    'webgpu',
    `the loader of Vulkan is missing (no ${VULKAN})`,
    'install it (libvulkan1 of Debian and Ubuntu) and the Vulkan driver of the GPU',
  )
}
