import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as tf from '@tensorflow/tfjs'
import { type ComputeOptions, compile, floats, openMemory } from '../engine/index.js'
import { missingLibrary } from '../engine/runtime/device_errors.js'
import { CUDNN, isLibraryFound } from '../engine/runtime/system_library.js'
import { DeviceError } from '../errors.js'

/** A sentence for each library that the system does not find; cuDNN is needed, and not listed as such. */
export function missingLibraries(needed: readonly string[]): DeviceError[] {
  return [...needed, CUDNN].filter((name) => !isLibraryFound(name)).map(missingLibraryError)
}

export function missingLibraryError(name: string): DeviceError {
  const { what, fix } = missingLibrary(name)
  return new DeviceError('cuda', what, fix)
}

/**
 * Computes a convolution and a matrix product, which take cuDNN and cuBLAS, from tensors on the device and on the host.
 *
 * @throws DeviceError where the device is not there, or errs.
 */
export async function tryDevice(compute: ComputeOptions): Promise<void> {
  const memory = openMemory(compute)
  const graph = compile(
    ({ image, kernel, matrix }: Record<'image' | 'kernel' | 'matrix', tf.Tensor>) => {
      const features = tf.conv2d(image as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid')
      return tf.matMul(tf.reshape(features, [4, 2]), matrix)
    },
    { name: 'trial', ...compute },
  )
  const image = memory.upload(floats(new Float32Array(4 * 4 * 3).fill(1), [1, 4, 4, 3]))
  const kernel = memory.upload(floats(new Float32Array(3 * 3 * 3 * 2).fill(1), [3, 3, 3, 2]))
  const matrix = floats([1, 0, 0, 2], [2, 2])
  const { data } = await graph.run({ image, kernel, matrix })
  await graph.dispose()
  const expected = [27, 54, 27, 54, 27, 54, 27, 54] // 27 taps, and twice that
  if (expected.some((value, i) => Math.abs(data[i] - value) > 0.1)) {
    const what = `computed ${[...data].join(' ')} where ${expected.join(' ')} is right`
    throw new DeviceError(compute.device ?? 'cpu', what, 'report it with the name of the GPU')
  }
}

/**
 * `tryDevice` in a process of its own, as libraries of NVIDIA that do not fit can end one: this very command with
 * `--only-try`.
 *
 * @returns the sentence of what went wrong.
 */
export async function tryInChild(): Promise<string | undefined> {
  const command = [...process.execArgv, process.argv[1], '--only-try']
  try {
    await promisify(execFile)(process.execPath, command)
    return undefined
  } catch (error) {
    const { stderr = '', signal, code } = error as Record<'stderr' | 'signal' | 'code', string>
    const said = stderr.match(/^error: (.*)$/m)?.[1]
    const ended = signal ? `killed by ${signal}` : `exit ${code}`
    const fix = 'see that the driver and the libraries of CUDA and cuDNN are of one version'
    return (
      said ?? new DeviceError('cuda', `a small graph ended its process (${ended})`, fix).message
    )
  }
}
