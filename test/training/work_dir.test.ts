import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ava from 'ava'
import { ConfigError, DataError } from '../../errors.js'
import { train } from '../../training/loop.js'
import type { TrainOptions } from '../../training/train_options.js'
import { checkWorkDir } from '../../training/work_dir.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { TinyLoader } from './tiny_detector.js'
import { checkpointBytes, linesOf, optionsOf } from './tiny_run.js'

// One at a time: every run listens for the signals of this process.
const test = ava.serial

const OVERWRITE = 'start anew with --overwrite, which deletes that run'

/** The bytes of all files of a folder, by name. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder)
  const read = names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')])
  return Object.fromEntries(await Promise.all(read))
}

test('a work dir that holds a run is refused with the three ways on, and stays as it is', async (t) => {
  const options = optionsOf()
  await train({ ...options, maxIters: 3 })
  const before = await contents(options.workDir)
  const expected = {
    instanceOf: DataError,
    message: `${options.workDir}: holds a run, saved as epoch_1.safetensors; go on with --resume, give another --work-dir, or ${OVERWRITE}`,
  }
  await t.throwsAsync(train(options), expected)
  await t.throwsAsync(checkWorkDir({ workDir: options.workDir }), expected)
  t.deepEqual(await contents(options.workDir), before)
})

test('shapes.json is what a run of now chose, and is not taken for that of others', async (t) => {
  const options = optionsOf({ shapes: { train: { shapes: [] } } })
  const path = join(options.workDir, 'shapes.json')
  await train({ ...options, maxIters: 3 })
  t.deepEqual(JSON.parse(await readFile(path, 'utf8')), options.shapes)
  await train({ ...options, shapes: undefined, resume: true })
  await t.throwsAsync(readFile(path), { code: 'ENOENT' })
  await writeFile(path, '[]')
  await t.throwsAsync(train({ ...options, overwrite: true }), {
    message: `${path}: was not written by a training run; give another --work-dir`,
  })
})

test('lines, results and checkpoints without a newest one are a run too', async (t) => {
  for (const [name, text] of [
    ['metrics.jsonl', '{"iter":1}\n'],
    ['evaluations.jsonl', '{"iter":1}\n'],
    ['results.segm.json', '[]'],
    ['iter_7.safetensors', ''],
  ]) {
    const workDir = await temporaryFolder(t)
    await writeFile(join(workDir, name), text)
    await t.throwsAsync(checkWorkDir({ workDir }), {
      instanceOf: DataError,
      message: `${workDir}: holds files of a run (${name}) and no 'latest' to resume from; give another --work-dir, or ${OVERWRITE}`,
    })
  }
})

test('leftovers are no run: nothing, an empty folder, what a refused run wrote, files of others', async (t) => {
  const workDir = await temporaryFolder(t)
  await checkWorkDir({ workDir: join(workDir, 'nowhere') })
  await checkWorkDir({ workDir })
  await writeFile(join(workDir, 'config.json'), '{"model":{"type":"RetinaNet"}}')
  await writeFile(join(workDir, 'metrics.jsonl'), '')
  await writeFile(join(workDir, 'latest.tmp'), 'epoch_1.safetensors\n')
  await writeFile(join(workDir, 'notes.txt'), 'mine')
  await mkdir(join(workDir, 'epochs'))
  await checkWorkDir({ workDir })
  const { reason } = await train(optionsOf({ workDir }))
  t.is(reason, 'finished')
  t.is(await readFile(join(workDir, 'notes.txt'), 'utf8'), 'mine')
})

test('--overwrite deletes the files of the run, and no others', async (t) => {
  const options = optionsOf()
  const { workDir } = options
  const evaluate = async () => ({ bbox: { AP: 0.1 } })
  await train({ ...options, hooks: { evaluate } })
  const others = ['report.html', 'deploy.safetensors', 'epoch_1.deploy.safetensors', 'a.jsonl']
  for (const name of others) await writeFile(join(workDir, name), 'mine')
  await writeFile(join(workDir, 'results.bbox.json'), '[]')

  const fresh = optionsOf({ workDir, overwrite: true, maxIters: 1, seed: 5 })
  const { checkpoint } = await train(fresh)
  t.deepEqual(
    (await readdir(workDir)).sort(),
    [
      ...['config.json', 'evaluations.jsonl', 'latest', 'metrics.jsonl'],
      ...['iter_1.safetensors', 'iter_1.train_state.safetensors', ...others],
    ].sort(),
  )
  t.is((await linesOf(workDir)).length, 1)
  t.is(await readFile(join(workDir, 'evaluations.jsonl'), 'utf8'), '')
  t.is(await readFile(join(workDir, 'latest'), 'utf8'), 'iter_1.safetensors\n')
  t.deepEqual(
    await checkpointBytes(checkpoint),
    await checkpointBytes((await train(optionsOf({ maxIters: 1, seed: 5 }))).checkpoint),
  )
})

test('--overwrite deletes nothing where the new run is refused', async (t) => {
  const options = optionsOf()
  await train(options)
  const before = await contents(options.workDir)
  const optimizer = {
    type: 'AdamW',
    learningRate: 1,
    layerDecay: { rate: 0.5, numLayers: 0 },
  } as const
  const refused: Partial<TrainOptions>[] = [{ loader: new TinyLoader(0) }, { optimizer }]
  for (const change of refused) {
    await t.throwsAsync(train({ ...options, ...change, overwrite: true }), {
      instanceOf: ConfigError,
    })
    t.deepEqual(await contents(options.workDir), before)
  }
})

test('--overwrite contradicts --resume of the newest checkpoint', async (t) => {
  const options = optionsOf()
  await train(options)
  await t.throwsAsync(train({ ...options, resume: true, overwrite: true }), {
    instanceOf: ConfigError,
    message:
      '--overwrite is given with --resume, which goes on with the run in the work dir; leave out one of them',
  })
})

test('going back to an earlier checkpoint is refused, unless what came after may be deleted', async (t) => {
  const whole = optionsOf({ schedule: { epochs: 3 } })
  const { workDir } = whole
  const evaluate = async () => ({ bbox: { AP: 0.1 } })
  const expected = await train({ ...whole, hooks: { evaluate } })
  const bytes = await checkpointBytes(expected.checkpoint)
  await writeFile(join(workDir, 'results.bbox.json'), '[]')
  const resume = join(workDir, 'epoch_1.safetensors')
  const before = await contents(workDir)
  await t.throwsAsync(train({ ...whole, resume }), {
    instanceOf: DataError,
    message:
      `${workDir}: the run in it goes on past epoch_1.safetensors, to epoch_3.safetensors; ` +
      'go on from there with --resume alone, give another --work-dir, or delete what came after with --overwrite',
  })
  t.deepEqual(await contents(workDir), before)

  await train({ ...whole, resume, overwrite: true, maxIters: 4 })
  t.deepEqual(
    (await readdir(workDir)).filter((name) => /safetensors|results/.test(name)).sort(),
    ['epoch_1', 'iter_4'].flatMap((name) => [
      `${name}.safetensors`,
      `${name}.train_state.safetensors`,
    ]),
  )
  t.is((await linesOf(workDir)).length, 4)
  t.is((await linesOf(workDir, 'evaluations.jsonl')).length, 1)
  const result = await train({ ...whole, resume: true })
  t.deepEqual(await checkpointBytes(result.checkpoint), bytes)
})

test('the newest checkpoint may be named, and one of another work dir goes on in a fresh one only', async (t) => {
  const [first, second] = [optionsOf(), optionsOf()]
  const { checkpoint } = await train({ ...first, maxIters: 2 })
  await train({ ...first, maxIters: 3, resume: checkpoint })
  await train({ ...second, maxIters: 1 })
  await t.throwsAsync(train({ ...second, resume: checkpoint }), {
    message: `${second.workDir}: holds a run, saved as iter_1.safetensors; go on with --resume, give another --work-dir, or ${OVERWRITE}`,
  })
  const result = await train({ ...second, resume: checkpoint, overwrite: true })
  t.is(result.reason, 'finished')
  t.deepEqual(
    (await linesOf(second.workDir)).map(({ iter }) => iter),
    [3, 4, 5, 6],
  )
})

test("somebody else's config.json is not replaced, not even by --overwrite", async (t) => {
  const workDir = await temporaryFolder(t)
  const path = join(workDir, 'config.json')
  for (const text of ['{"port":80}', 'not JSON', '[]']) {
    await writeFile(path, text)
    for (const overwrite of [false, true]) {
      await t.throwsAsync(train(optionsOf({ workDir, overwrite })), {
        instanceOf: DataError,
        message: `${path}: was not written by a training run; give another --work-dir`,
      })
    }
    t.is(await readFile(path, 'utf8'), text)
  }
})

test('a run leaves its config, and keeps the one it was started with', async (t) => {
  const options = optionsOf({ config: { model: { type: 'First' } } })
  await train({ ...options, maxIters: 2 })
  await train({ ...options, config: { model: { type: 'Second' } }, resume: true })
  const text = await readFile(join(options.workDir, 'config.json'), 'utf8')
  t.deepEqual(JSON.parse(text), { model: { type: 'First' } })
})
