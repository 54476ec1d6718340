import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DeviceError } from '../errors.js'
import { type CudaProvider, installProvider, onnxruntimeNode } from './cuda_provider.js'

/**
 * Installs the provider with onnxruntime-node's own installer, which takes it from NuGet. The installer writes file by
 * file, in `bin/` beside itself: it is run as a copy in a folder of its own, and what it wrote is checked.
 *
 * @throws DeviceError where it fails.
 */
export async function downloadProvider(provider: CudaProvider): Promise<void> {
  if (process.platform !== 'linux') {
    throw new DeviceError(
      'cuda',
      `onnxruntime-node's installer has no CUDA for ${process.platform}`,
      wayOut(provider),
    )
  }
  const root = onnxruntimeNode() // inside it, so that the copy finds the packages it needs
  const folder = await mkdtemp(join(root, '.setup-cuda-'))
  try {
    await cp(join(root, 'script'), join(folder, 'script'), { recursive: true })
    await runInstaller(join(folder, 'script', 'install.js'), provider)
    const written = join(folder, 'bin', 'napi-v6', process.platform, process.arch)
    await installProvider(written, provider)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runInstaller(path: string, provider: CudaProvider): Promise<void> {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'true' } // what the platform has: CUDA 12
  try {
    await promisify(execFile)(process.execPath, [path], { env })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    const cause = stderr.match(/^(?:\w*Error): (.*)$/m)?.[1] ?? message.split('\n')[0]
    throw new DeviceError(
      'cuda',
      `onnxruntime-node's installer failed (${cause})`,
      wayOut(provider),
    )
  }
}

function wayOut({ names, version }: CudaProvider): string {
  return `get ${names.join(' and ')} of ONNX Runtime ${version} from its GPU package elsewhere, and give their folder with --from`
}
