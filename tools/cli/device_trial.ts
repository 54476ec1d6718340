import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { compile } from '../../engine/compile.js'
import type { ComputeOptions } from '../../engine/compute_options.js'
import { openMemory } from '../../engine/memory.js'
import { DeviceError } from '../../errors.js'
import { floats } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'

/**
 * Computes a convolution and a matrix product, which on CUDA take cuDNN and cuBLAS, from tensors on
 * the device and on the host.
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
  requireRight(compute, [...data])
}

/** 27 taps, and twice that. */
const EXPECTED = [27, 54, 27, 54, 27, 54, 27, 54]

/** Refuses what a device has computed in `tryDevice`, if it is wrong. */
export function requireRight(
  { engine, device = 'cpu' }: ComputeOptions,
  computed: readonly number[],
): void {
  if (EXPECTED.every((value, i) => Math.abs(computed[i] - value) <= 0.1)) return
  const what = `computed ${computed.join(' ')} where ${EXPECTED.join(' ')} is right`
  const name = engine === 'tensorflow' ? engine : device
  throw new DeviceError(name, what, 'report it with the name of the GPU or the processor')
}

/** Result of a trial, or the sentence of what went wrong. */
export type Trial<T> = { result: T; problem?: undefined } | { result?: undefined; problem: string }

/**
 * Makes a trial in a process of its own, as libraries that do not fit can end one: this very
 * command with `--only-try`.
 *
 * @param name of the device or the engine, and
 * @param fix what helps, where the process ends without a word.
 */
export async function tryInChild<T>(name: string, fix: string): Promise<Trial<T>> {
  const command = [...process.execArgv, process.argv[1], '--only-try', '--json']
  try {
    const { stdout } = await promisify(execFile)(process.execPath, command)
    return { result: JSON.parse(stdout) }
  } catch (error) {
    const { stderr = '', signal, code } = error as Record<'stderr' | 'signal' | 'code', string>
    const reason = stderr.match(/^error: (.+)$/m)?.[1]
    const ended = signal ? `killed by ${signal}` : `exit ${code}`
    const what = `a small function ended its process (${ended})`
    return { problem: reason ?? new DeviceError(name, what, fix).message }
  }
}
