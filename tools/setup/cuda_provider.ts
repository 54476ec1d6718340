import { copyFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { libraryPath, onnxruntimeNode } from '../../engine/runtime/ort_library.js'
import { DataError, DeviceError } from '../../errors.js'
import { syncPath, unfinishedName } from '../../files/replace_file.js'
import { holdsVersion, readSharedLibrary } from './shared_library.js'

/** ONNX Runtime's CUDA provider: libraries that lie beside its own. */
export interface CudaProvider {
  /** Folder of onnxruntime-node's library. */
  folder: string
  /** The one that providers share comes last: without it ONNX Runtime takes none of the others. */
  names: readonly [cuda: string, shared: string]
  /** Version of ONNX Runtime, such as `1.29.0`. */
  version: string
  /** That the libraries must be for, as `process.arch` says it. */
  architecture: string
}

const NAMES: Record<string, CudaProvider['names']> = {
  'linux x64': ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'],
  'win32 x64': ['onnxruntime_providers_cuda.dll', 'onnxruntime_providers_shared.dll'],
}

/**
 * Where the provider belongs on this machine.
 *
 * @throws DeviceError on a platform that has none.
 */
export function cudaProvider(
  platform: string = process.platform,
  architecture: string = process.arch,
): CudaProvider {
  const names = NAMES[`${platform} ${architecture}`]
  if (!names) {
    // Of those without CUDA.
    const hasWebgpu = platform === 'win32' || `${platform} ${architecture}` === 'darwin arm64'
    throw new DeviceError(
      'cuda',
      `ONNX Runtime has no CUDA for ${platform} ${architecture}`,
      `use Linux or Windows on x64${hasWebgpu ? ', or --device webgpu' : ''}`,
    )
  }
  const { version } = onnxruntimeNode()
  return { folder: dirname(libraryPath()), names, version, architecture }
}

/** Whether any of the libraries lies in a folder. */
export async function holdsProvider(folder: string, { names }: CudaProvider): Promise<boolean> {
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)))
  return found.some((file) => file !== null)
}

/**
 * Refuses libraries that are not there, not whole, not for this machine, or of another version.
 *
 * @throws DataError
 */
export async function requireProvider(folder: string, provider: CudaProvider): Promise<void> {
  const { names, version, architecture } = provider
  const other = `give --from a folder with those of ONNX Runtime ${version} for ${architecture}`
  for (const name of names) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) {
      const where =
        'such as runtimes/*/native of the NuGet package Microsoft.ML.OnnxRuntime.Gpu.Linux (or .Windows)'
      throw new DataError(
        folder,
        `holds no ${name}`,
        `give --from the folder of a package of ONNX Runtime ${version} that does, ${where}`,
      )
    }
    const library = await readSharedLibrary(path)
    if (!library) throw new DataError(path, 'is not a shared library', other)
    if (library.architecture !== architecture) {
      throw new DataError(path, `is for ${library.architecture}, not ${architecture}`, other)
    }
    if (!library.isWhole) throw new DataError(path, 'is cut short', 'copy or download it again')
    // The library that providers share says no version: it only hands on an address.
    if (name === names[0] && !(await holdsVersion(path, version))) {
      const what = `is not of ONNX Runtime ${version}, which onnxruntime-node is`
      throw new DataError(path, what, other)
    }
  }
}

/** Libraries that the provider needs, by file name; of Linux only. */
export async function neededLibraries({ folder, names }: CudaProvider): Promise<string[]> {
  const libraries = await Promise.all(names.map((name) => readSharedLibrary(join(folder, name))))
  return [...new Set(libraries.flatMap((library) => library?.needed ?? []))]
}

/**
 * Copies the libraries beside ONNX Runtime's, all or none: they are written under other names
 * first, and those that were there before come back if anything fails.
 */
export async function installProvider(from: string, provider: CudaProvider): Promise<void> {
  const { folder, names } = provider
  await requireProvider(from, provider)
  const paths = names.map((name) => join(folder, name))
  const undo: (() => Promise<void>)[] = []
  try {
    for (const [i, path] of paths.entries()) {
      await copyFile(join(from, names[i]), unfinishedName(path))
      await syncPath(unfinishedName(path))
    }
    for (const path of paths) {
      if (await stat(path).catch(() => undefined)) {
        await rename(path, `${path}.old.tmp`)
        undo.unshift(() => rename(`${path}.old.tmp`, path))
      }
      await rename(unfinishedName(path), path)
      undo.unshift(() => rm(path))
    }
    await syncPath(folder)
  } catch (error) {
    for (const step of undo) await step()
    const { code } = error as NodeJS.ErrnoException
    const fix = 'see that it may be written, has the room, and that no program uses the libraries'
    throw new DataError(folder, `cannot take the libraries (${code})`, fix)
  } finally {
    const rests = paths.flatMap((path) => [unfinishedName(path), `${path}.old.tmp`])
    // What a running program uses cannot be removed on Windows; it is not loaded under that name.
    await Promise.all(rests.map((path) => rm(path, { force: true }).catch(() => {})))
  }
}
