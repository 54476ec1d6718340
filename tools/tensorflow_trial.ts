import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { loadTensorflow, type Tensorflow } from '../engine/tensorflow_backend.js'
import { DeviceError } from '../errors.js'
import { tryDevice } from './cuda_trial.js'

/**
 * Computes a convolution and a matrix product.
 *
 * @throws DeviceError where TensorFlow is not there, or errs.
 */
export async function tryTensorflow(): Promise<Tensorflow> {
  await tryDevice({ engine: 'tensorflow' })
  return loadTensorflow()
}

/**
 * `tryTensorflow` in a process of its own, as libraries that do not fit can end one: this very command with
 * `--only-try --json`.
 *
 * @throws DeviceError
 */
export async function tryInChild(): Promise<Tensorflow> {
  const command = [...process.execArgv, process.argv[1], '--only-try', '--json']
  try {
    const { stdout } = await promisify(execFile)(process.execPath, command)
    return JSON.parse(stdout)
  } catch (error) {
    const { stderr = '', signal, code } = error as Record<'stderr' | 'signal' | 'code', string>
    const [, what, fix] = stderr.match(/^error: tensorflow: (.*); (.*)$/m) ?? []
    if (what !== undefined) throw new DeviceError('tensorflow', what, fix)
    const ended = signal ? `killed by ${signal}` : `exit ${code}`
    throw new DeviceError(
      'tensorflow',
      `a small function ended its process (${ended})`,
      'run npm run setup:tensorflow once more, with another TensorFlow in --from',
    )
  }
}
