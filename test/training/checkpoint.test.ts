import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { DataError, TrainingError } from '../../errors.js'
import {
  checkpointName,
  checkpointToResume,
  loadTrainState,
  requireClasses,
  saveCheckpoint,
} from '../../training/checkpoint.js'
import { TrainState } from '../../training/train_state.js'
import {
  type CheckpointMetadata,
  readCheckpointMetadata,
} from '../../weights/checkpoint_metadata.js'
import { loadWeights } from '../../weights/load_weights.js'
import { readSafetensorsHeader, writeSafetensors } from '../../weights/safetensors.js'
import { readAll } from './read_all.js'
import { TinyDetector } from './tiny_detector.js'

const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'))
test.after.always(() => rm(folder, { recursive: true }))

const log = { count: 1, sums: { loss: 0.1 } }
const metadataAt = (iteration: number): CheckpointMetadata => ({
  iteration,
  iterationsPerEpoch: 10,
  seed: 3,
  classes: ['cat', 'dog'],
  lambda: 0.5,
  config: { model: { type: 'Tiny' } },
})

let serial = 0
async function newWorkDir(): Promise<string> {
  const workDir = join(folder, String(serial++))
  await mkdir(workDir)
  return workDir
}

/** A state whose every number is `value`. */
function stateOf(value: number, options = { ema: true }): TrainState {
  const state = TrainState.of(new TinyDetector(), ['m', 'v'], options)
  const { parameters, buffers, optimizer, ema } = state.current
  for (const record of [parameters, buffers, ema, ...Object.values(optimizer)]) {
    for (const tensor of Object.values(record)) tensor.read().data.fill(value)
  }
  return state
}

const save = (workDir: string, iteration: number, keep?: number) =>
  saveCheckpoint(workDir, stateOf(iteration).current, {
    metadata: metadataAt(iteration),
    log,
    keep,
  })

test('a checkpoint is named by its epoch where one ends, and by its iteration elsewhere', (t) => {
  t.is(checkpointName(30, 10), 'epoch_3')
  t.is(checkpointName(31, 10), 'iter_31')
})

test('the model file holds the parameters and buffers under their own names and shapes', async (t) => {
  const path = await save(await newWorkDir(), 10)
  const { shapes, metadata } = await readSafetensorsHeader(path)
  t.deepEqual(shapes, { weight: [4, 3], bias: [4], running_mean: [3], frozen: [4] })
  t.is(metadata.format, 'pt')
  t.deepEqual(await readCheckpointMetadata(path), metadataAt(10))
})

test('a state comes back as it was saved', async (t) => {
  const path = await save(await newWorkDir(), 10)
  const detector = new TinyDetector().initialize(0)
  t.deepEqual((await loadWeights(detector, path)).matched.length, 4)
  const state = TrainState.of(detector, ['m', 'v'], { ema: true })
  t.deepEqual(await loadTrainState(state, path), { metadata: metadataAt(10), log })
  t.deepEqual(readAll(state.current), readAll(stateOf(10).current))
})

test('the averages can be loaded as weights', async (t) => {
  const workDir = await newWorkDir()
  const state = stateOf(1)
  for (const tensor of Object.values(state.current.ema)) tensor.read().data.fill(2)
  const path = await saveCheckpoint(workDir, state.current, { metadata: metadataAt(1), log })
  const detector = new TinyDetector()
  await loadWeights(detector, path, { weights: 'ema' })
  t.deepEqual([...detector.bias.data], [2, 2, 2, 2])
})

test('equal states give equal bytes', async (t) => {
  const [a, b] = [await save(await newWorkDir(), 10), await save(await newWorkDir(), 10)]
  t.deepEqual(await readFile(a), await readFile(b))
})

test('latest names the newest checkpoint', async (t) => {
  const workDir = await newWorkDir()
  await save(workDir, 10)
  const newest = await save(workDir, 14)
  t.is(await checkpointToResume(workDir, true), newest)
  t.deepEqual((await readdir(workDir)).sort(), [
    'epoch_1.safetensors',
    'epoch_1.train_state.safetensors',
    'iter_14.safetensors',
    'iter_14.train_state.safetensors',
    'latest',
  ])
})

test('only the newest checkpoints are kept, and nothing else is touched', async (t) => {
  const workDir = await newWorkDir()
  await writeFile(join(workDir, 'epoch_1.deploy.safetensors'), '')
  for (const [age, iteration] of [10, 14, 20].entries()) {
    const path = await save(workDir, iteration)
    await utimes(path, 1000 + age, 1000 + age)
  }
  await save(workDir, 30, 2)
  t.deepEqual((await readdir(workDir)).sort(), [
    'epoch_1.deploy.safetensors',
    'epoch_2.safetensors',
    'epoch_2.train_state.safetensors',
    'epoch_3.safetensors',
    'epoch_3.train_state.safetensors',
    'latest',
  ])
})

// A folder in the way makes that very call fail, be it the writing under another name or the
// renaming.
for (const inTheWay of [
  'epoch_2.train_state.safetensors.tmp',
  'epoch_2.train_state.safetensors',
  'epoch_2.safetensors.tmp',
  'epoch_2.safetensors',
  'latest.tmp',
]) {
  test(`a save that fails at ${inTheWay} leaves the last good checkpoint`, async (t) => {
    const workDir = await newWorkDir()
    const good = await save(workDir, 10)
    await mkdir(join(workDir, inTheWay))
    await t.throwsAsync(save(workDir, 20), { instanceOf: TrainingError })
    await rm(join(workDir, inTheWay), { recursive: true, force: true })

    t.is(await checkpointToResume(workDir, true), good)
    const detector = new TinyDetector()
    await loadWeights(detector, good)
    const state = TrainState.of(detector, ['m', 'v'], { ema: true })
    t.is((await loadTrainState(state, good)).metadata.iteration, 10)

    t.is(await save(workDir, 20), join(workDir, 'epoch_2.safetensors'))
  })
}

test('what crashes have left over is cleared away by the next save', async (t) => {
  const workDir = await newWorkDir()
  await writeFile(join(workDir, 'iter_5.safetensors.tmp'), '')
  await writeFile(join(workDir, 'iter_5.train_state.safetensors'), '')
  await save(workDir, 10)
  t.deepEqual((await readdir(workDir)).sort(), [
    'epoch_1.safetensors',
    'epoch_1.train_state.safetensors',
    'latest',
  ])
})

test('a failed save says which file and why', async (t) => {
  const workDir = await newWorkDir()
  const path = join(workDir, 'epoch_1.safetensors')
  await mkdir(path)
  await t.throwsAsync(save(workDir, 10), {
    message: `train: ${path} could not be written (EISDIR); make room in the work dir and go on with --resume, from the checkpoint before`,
  })
})

test('model and state of different saves are not mixed', async (t) => {
  const workDir = await newWorkDir()
  const path = await save(workDir, 10)
  const other = await save(await newWorkDir(), 14)
  await writeFile(path, await readFile(other))
  const state = stateOf(0)
  await t.throwsAsync(loadTrainState(state, path), {
    instanceOf: DataError,
    message: `${join(workDir, 'epoch_1.train_state.safetensors')}: it is not of the same save as epoch_1.safetensors; resume from another checkpoint`,
  })
})

test('the state of another optimizer is refused', async (t) => {
  const path = await save(await newWorkDir(), 10)
  const state = TrainState.of(new TinyDetector(), ['momentum'], { ema: true })
  const error = await t.throwsAsync(loadTrainState(state, path), { instanceOf: DataError })
  t.true(
    error?.message.endsWith(
      'the training state is of another optimizer, ema or model: 4 of 6 tensors match; ' +
        '2 missing (momentum.weight, momentum.bias); 4 unexpected (m.weight, m.bias, v.weight, ...); ' +
        'resume with the config it was saved with',
    ),
    error?.message,
  )
})

test('weights of another architecture are refused before anything is loaded', async (t) => {
  const path = join(folder, 'other.safetensors')
  const weight = stateOf(1).current.parameters.weight.read()
  await writeSafetensors(path, { weight, bias: { ...weight, shape: [12] }, extra: weight })
  const detector = new TinyDetector().initialize(1)
  const before = detector.weight.data
  await t.throwsAsync(loadWeights(detector, path), {
    instanceOf: DataError,
    message:
      `${path}: the weights are not of this model: 1 of 4 tensors match; 2 missing (running_mean, frozen); ` +
      '1 unexpected (extra); 1 of another shape (bias is [12], not [4]); ' +
      'give the config that the checkpoint was made with',
  })
  t.is(detector.weight.data, before)
})

test('partial loading takes what matches, but not nothing', async (t) => {
  const path = join(folder, 'part.safetensors')
  const weight = stateOf(1).current.parameters.weight.read()
  await writeSafetensors(path, { weight, extra: weight })
  const detector = new TinyDetector().initialize(1)
  const match = await loadWeights(detector, path, { partial: true })
  t.deepEqual(match.matched, ['weight'])
  t.deepEqual([...detector.weight.data], Array(12).fill(1))

  await writeSafetensors(path, { extra: weight })
  await t.throwsAsync(loadWeights(detector, path, { partial: true }), { instanceOf: DataError })
})

test('resuming with nothing to resume is refused', async (t) => {
  const workDir = await newWorkDir()
  await t.throwsAsync(checkpointToResume(workDir, true), {
    instanceOf: DataError,
    message: `${workDir}: --resume found no checkpoint in it; leave out --resume to start anew, or name a checkpoint`,
  })
  await t.throwsAsync(checkpointToResume(workDir, join(workDir, 'x.safetensors')), {
    instanceOf: DataError,
    message: `${join(workDir, 'x.safetensors')}: there is no such file; name another checkpoint`,
  })
})

test('weights without their training state are not resumed', async (t) => {
  const workDir = await newWorkDir()
  const path = await save(workDir, 10)
  await rm(join(workDir, 'epoch_1.train_state.safetensors'))
  await t.throwsAsync(checkpointToResume(workDir, path), {
    message:
      `${join(workDir, 'epoch_1.train_state.safetensors')}: there is no such file; ` +
      'only a checkpoint with its train_state can be resumed, so start anew from its weights with --load-from',
  })
})

test('other classes than those of the checkpoint are refused', (t) => {
  t.notThrows(() => requireClasses('x', ['cat', 'dog'], ['cat', 'dog']))
  t.throws(() => requireClasses('x', ['cat', 'dog'], ['cat']), {
    message:
      'x: it was trained on 2 classes, and the data has 1; use annotations with the same categories',
  })
  t.throws(() => requireClasses('x', ['cat', 'dog'], ['cat', 'cow']), {
    message:
      "x: its class 1 is 'dog', and that of the data 'cow'; use annotations with the same categories",
  })
})
