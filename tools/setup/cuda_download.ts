import { execFile } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onnxruntimeNode } from '../../engine/runtime/ort_library.js'
import { DataError, DeviceError } from '../../errors.js'
import { orFileError } from '../../files/file_error.js'
import { notWritten } from '../cli/file_error.js'
import { type CudaProvider, installProvider, requireProvider } from './cuda_provider.js'

const LIMIT_MINUTES = 30

/**
 * Installs the provider with onnxruntime-node's own installer, which takes it from NuGet. The
 * installer writes file by file, in `bin/` beside itself: it is run as a copy in a folder of its
 * own, and what it wrote is checked.
 *
 * @param root of onnxruntime-node; the folder is inside it, so that the copy finds the packages
 *   it needs.
 * @throws DeviceError where it fails.
 */
export async function downloadProvider(
  provider: CudaProvider,
  root: string = onnxruntimeNode().root,
): Promise<void> {
  if (process.platform !== 'linux') {
    throw new DeviceError(
      'cuda',
      `onnxruntime-node's installer has no CUDA for ${process.platform}`,
      wayOut(provider),
    )
  }
  const folder = join(root, '.setup-cuda')
  await orFileError(root, notWritten, async () => {
    await rm(folder, { recursive: true, force: true }) // of a run that was ended
    try {
      await cp(join(root, 'script'), join(folder, 'script'), { recursive: true })
      await runInstaller(join(folder, 'script', 'install.js'), provider)
      const written = join(folder, 'bin', 'napi-v6', process.platform, process.arch)
      await requireWritten(written, provider)
      await installProvider(written, provider)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

async function runInstaller(path: string, provider: CudaProvider): Promise<void> {
  // What it calls cuda12, whatever it is of
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'true' }
  try {
    await promisify(execFile)(process.execPath, [path], { env, timeout: LIMIT_MINUTES * 60_000 })
  } catch (error) {
    const { stderr = '', message, killed } = error as Error & { stderr?: string; killed?: boolean }
    const reason = stderr.match(/^(?:\w*Error): (.*)$/m)?.[1] ?? message.split('\n')[0]
    throw installerFailed(killed ? `it took more than ${LIMIT_MINUTES} minutes` : reason, provider)
  }
}

async function requireWritten(folder: string, provider: CudaProvider): Promise<void> {
  try {
    await requireProvider(folder, provider)
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    throw installerFailed('it wrote no libraries that fit', provider)
  }
}

function installerFailed(cause: string, provider: CudaProvider): DeviceError {
  const what = `onnxruntime-node's installer failed (${cause})`
  return new DeviceError('cuda', what, wayOut(provider))
}

function wayOut({ names, version }: CudaProvider): string {
  return `get ${names.join(' and ')} of ONNX Runtime ${version} from its GPU package elsewhere, and give their folder with --from`
}
