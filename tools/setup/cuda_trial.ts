import { missingLibrary } from '../../engine/runtime/device_errors.js'
import { CUDNN, isLibraryFound } from '../../engine/runtime/system_library.js'
import { DeviceError } from '../../errors.js'

/**
 * A sentence for each library that the system does not find; cuDNN is needed, and not listed as
 * such.
 */
export function missingLibraries(needed: readonly string[]): DeviceError[] {
  return [...needed, CUDNN].filter((name) => !isLibraryFound(name)).map(missingLibraryError)
}

export function missingLibraryError(name: string): DeviceError {
  const { what, fix } = missingLibrary(name)
  return new DeviceError('cuda', what, fix)
}
