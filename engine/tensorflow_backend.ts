import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import util from 'node:util'
import { DeviceError } from '../errors.js'
import * as tf from '../tf/tf.js'

/** Where `npm run setup:tensorflow` installs; no `npm install` of the project looks there. */
export const TENSORFLOW_FOLDER = fileURLToPath(new URL('../.cache/tensorflow/', import.meta.url))

/** Packages with TensorFlow.js's native backend; the first that is there is taken. */
export const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const

/** The TensorFlow that computes. */
export interface Tensorflow {
  /** Version of TensorFlow's own library, such as `2.21.0`. */
  version: string
  /** Whether it found a GPU, where it then computes. */
  isGpu: boolean
}

/** What `@tensorflow/tfjs-node` adds to a backend. */
interface NativeBackend {
  binding: { TF_Version: string }
  isUsingGpuDevice: boolean
}

/**
 * Makes TensorFlow.js's native backend the current one.
 *
 * It is looked for in `TENSORFLOW_FOLDER`, then among the packages of whoever uses this one.
 *
 * @throws DeviceError where none is installed, or it does not load.
 */
export function loadTensorflow(): Tensorflow {
  if (tf.getBackend() !== 'tensorflow') {
    requireTensorflow(findPackage(TENSORFLOW_FOLDER))
    tf.setBackend('tensorflow')
  }
  const { binding, isUsingGpuDevice } = tf.backend() as unknown as NativeBackend
  return { version: binding.TF_Version, isGpu: isUsingGpuDevice }
}

/**
 * The main file of the package that is to be loaded; undefined where there is none.
 *
 * @param folder looked into before the packages of whoever uses this one.
 */
export function findPackage(folder: string): string | undefined {
  const require = createRequire(import.meta.url)
  const installed = TENSORFLOW_PACKAGES.map((name) => join(folder, 'node_modules', name))
  for (const path of [...installed.filter(existsSync), ...TENSORFLOW_PACKAGES]) {
    try {
      return require.resolve(path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'MODULE_NOT_FOUND') throw error // else the next one is looked for
    }
  }
  return undefined
}

/**
 * Loads a package, which registers its backend with the TensorFlow.js that it requires: it must be
 * the one that is used here, as a tensor knows its backend.
 *
 * @param path of its main file; undefined where none is installed.
 * @throws DeviceError
 */
export function requireTensorflow(path: string | undefined): void {
  if (path === undefined) {
    throw new DeviceError('tensorflow', 'is not installed', 'run npm run setup:tensorflow')
  }
  // tfjs-node 4.22 calls what Node 23 no longer has.
  const older = util as { isNullOrUndefined?: (value: unknown) => boolean }
  older.isNullOrUndefined ??= (value) => value === null || value === undefined
  // CUDA's libraries would round products to TF32 by themselves.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0'
  let loaded: { Tensor?: unknown; version?: { tfjs?: string } }
  try {
    loaded = createRequire(import.meta.url)(path)
  } catch (error) {
    const cause = String((error as Error).message)
      .split('\n')[0]
      .trim()
      .replace(/\.$/, '')
    throw new DeviceError(
      'tensorflow',
      `${path} does not load (${cause})`,
      'run npm run setup:tensorflow once more',
    )
  }
  if (loaded.Tensor === tf.Tensor) return
  throw new DeviceError(
    'tensorflow',
    `${path} has a copy of TensorFlow.js to itself, of version ${loaded.version?.tfjs}`,
    `install ${tf.version_core} of it, and run npm dedupe`,
  )
}
