/**
 * What needs the native backend is skipped where `npm run setup:tensorflow` has not installed it.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { compile, openMemory } from '../../engine/index.js'
import {
  findPackage,
  loadTensorflow,
  requireTensorflow,
  TENSORFLOW_FOLDER,
  TENSORFLOW_PACKAGES,
} from '../../engine/tensorflow_backend.js'
import { DeviceError } from '../../errors.js'
import { trainConfig } from '../../experiments/train_config.js'
import { floats } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { tinyExperiment } from '../experiments/tiny_experiment.js'

const [GPU, CPU] = TENSORFLOW_PACKAGES
const isInstalled = findPackage(TENSORFLOW_FOLDER) !== undefined
const onTensorflow = isInstalled ? test.serial : test.serial.skip

/** A package that is this script. */
async function fakePackage(folder: string, name: string, script: string): Promise<string> {
  const path = join(folder, 'node_modules', name)
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'index.js'), script)
  return join(path, 'index.js')
}

async function refusal(t: ExecutionContext, script: string): Promise<string> {
  const path = await fakePackage(await temporaryFolder(t), CPU, script)
  const error = t.throws(() => requireTensorflow(path), { instanceOf: DeviceError })
  return error.message.replace(path, 'PATH')
}

test('where no package is installed the command that installs one is named', (t) => {
  t.throws(() => requireTensorflow(undefined), {
    instanceOf: DeviceError,
    message: 'tensorflow: is not installed; run npm run setup:tensorflow',
  })
})

test('a package whose binding does not load is quoted in one line', async (t) => {
  const reason = 'libtensorflow_cc.so.2: cannot open shared object file'
  t.is(
    await refusal(t, `throw new Error('${reason}.\\nRequire stack:\\n- a.js')`),
    `tensorflow: PATH does not load (${reason}); run npm run setup:tensorflow once more`,
  )
})

test('a second copy of TensorFlow.js is refused, with the version to install', async (t) => {
  t.is(
    await refusal(t, `module.exports = { Tensor: class {}, version: { tfjs: '4.1.0' } }`),
    'tensorflow: PATH has a copy of TensorFlow.js to itself, of version 4.1.0; ' +
      `install ${tf.version_core} of it, and run npm dedupe`,
  )
})

test('of two packages that were set up the one for the GPU is taken', async (t) => {
  const folder = await temporaryFolder(t)
  const cpu = await fakePackage(folder, CPU, '')
  t.is(findPackage(folder), cpu)
  const gpu = await fakePackage(folder, GPU, '')
  t.is(findPackage(folder), gpu)
})

onTensorflow('functions run on TensorFlow itself, and leave no tensors behind', async (t) => {
  const memory = openMemory({ engine: 'tensorflow' })
  t.is(tf.getBackend(), 'tensorflow')
  t.regex(loadTensorflow().version, /^\d+\.\d+\.\d+/)
  const doubled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.matMul(x, tf.mul(x, 2)) }), {
    name: 'doubled',
    engine: 'tensorflow',
  })
  const x = memory.upload(floats([1, 2, 3, 4], [2, 2]))
  const y = memory.zeros('float32', [2, 2])
  const before = tf.memory().numTensors
  for (let i = 0; i < 3; i++) await doubled.run({ x }, { into: { y } })
  t.is(tf.memory().numTensors, before)
  t.deepEqual([...y.read().data], [14, 20, 30, 44])
})

onTensorflow('twenty steps of a detector have the losses of the traced graph', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const long = { ...config, schedule: { epochs: 10 } } // of two steps each
  const progressStream = new Writable({ write: (_, __, done) => done() }) as NodeJS.WriteStream
  const [native, traced] = [join(folder, 'native'), join(folder, 'traced')]
  await trainConfig(long, { workDir: traced, progressStream })
  await trainConfig(long, { workDir: native, progressStream, compute: { engine: 'tensorflow' } })
  const [expected, losses] = [await lossesOf(traced), await lossesOf(native)]
  t.is(losses.length, 20)
  for (const [i, loss] of losses.entries()) {
    t.true(Math.abs(loss - expected[i]) < 1e-3, `step ${i + 1}: ${loss}, not ${expected[i]}`)
  }
})

async function lossesOf(workDir: string): Promise<number[]> {
  const text = await readFile(join(workDir, 'metrics.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).loss)
}
