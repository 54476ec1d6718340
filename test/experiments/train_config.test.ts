import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { loadSplit } from '../../experiments/load_data.js'
import { loadDetector } from '../../experiments/load_detector.js'
import { evalOptions, trainConfig } from '../../experiments/train_config.js'
import type { Config } from '../../registry.js'
import { evaluate } from '../../training/evaluate.js'
import { tinyExperiment } from './tiny_experiment.js'

const progressStream = new Writable({ write: (_, __, done) => done() }) as NodeJS.WriteStream

/** The message that training stops with, which must be before its work dir exists. */
async function refusal(t: ExecutionContext, config: Config, options: object = {}): Promise<string> {
  const { folder } = await tinyExperiment(t)
  const workDir = join(folder, 'run')
  const error = await t.throwsAsync(trainConfig(config, { workDir, progressStream, ...options }))
  t.true(['ConfigError', 'DataError'].includes(error?.name ?? ''), error?.stack)
  t.false(existsSync(workDir), 'nothing is written')
  return error?.message ?? ''
}

test('a config is trained, saved beside itself, loaded and evaluated', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const workDir = join(folder, 'runs', 'first')
  const lines: string[] = []
  const say = (line: string) => lines.push(line)
  const result = await trainConfig(config, { workDir, progressStream, say })
  t.is(result.iteration, 2)
  t.is(result.checkpoint, join(workDir, 'epoch_1.safetensors'))
  t.deepEqual(lines, [`4 images of 3 classes from ${config.data.train.annFile}`])
  t.deepEqual(JSON.parse(readFileSync(join(workDir, 'config.json'), 'utf8')), config)

  const { detector, form, metadata } = await loadDetector(config, result.checkpoint)
  t.is(form, 'train')
  t.deepEqual(metadata?.classes, ['circle', 'square', 'triangle'])
  const { data, dataset } = await loadSplit(config, 'val', metadata?.classes)
  const { bbox } = await evaluate(detector, evalOptions(data, dataset))
  t.true(bbox.AP >= 0 && bbox.AP <= 1)

  const more = { workDir: join(folder, 'runs', 'second'), loadFrom: result.checkpoint }
  await trainConfig(config, { ...more, progressStream, say, maxIters: 1 })
  t.regex(lines[2], /epoch_1\.safetensors: (\d+) of \1 tensors loaded/)
})

test('an evaluation every so many epochs goes to evaluations.jsonl', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const evaluated = { ...config, evaluation: { interval: 1 } }
  await trainConfig(evaluated, { workDir: folder, progressStream })
  const text = await readFile(join(folder, 'evaluations.jsonl'), 'utf8')
  const { iter, epoch, bbox } = JSON.parse(text)
  t.deepEqual([iter, epoch, Object.keys(bbox).length], [2, 1, 12])
})

test('a config without what training needs is refused', async (t) => {
  const { config } = await tinyExperiment(t)
  for (const key of ['data', 'optimizer', 'schedule']) {
    t.is(
      await refusal(t, { ...config, [key]: undefined }),
      `${key} is missing, and this command needs it; add it to the config as in configs/retinanet_vanilla13.ts`,
    )
  }
})

test('a missing annotation file is refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const train = { ...config.data.train, annFile: 'nowhere.json' }
  t.regex(await refusal(t, { ...config, data: { ...config.data, train } }), /^nowhere\.json: /)
})

test('a malformed annotation file is refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const { annFile } = config.data.train
  await writeFile(annFile, (await readFile(annFile, 'utf8')).slice(0, 100))
  const message = await refusal(t, config)
  t.true(message.startsWith(`${annFile}: `), message)
})

test('zero images after filtering are refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const { annFile } = config.data.train
  const json = JSON.parse(await readFile(annFile, 'utf8'))
  await writeFile(annFile, JSON.stringify({ ...json, annotations: [] }))
  t.regex(await refusal(t, config), /none of its 4 images can be trained on/)
})

test('another number of categories than classes is refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const model = { ...config.model, numClasses: 80 }
  t.is(
    await refusal(t, { ...config, model }),
    `model.numClasses is 80, but ${config.data.train.annFile} has 3 categories; set model.numClasses=3, or name other annotations`,
  )
})

test('images that are missing, cut short or of another size are refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const file = join(config.data.train.imageDir, '000003.png')
  const whole = await readFile(file)
  const small = { create: { width: 8, height: 8, channels: 3 as const, background: 'red' } }

  await sharp(small).png().toFile(file)
  t.is(
    await refusal(t, config),
    `${file}: is 8 x 8 pixels, but annotated as 64 x 64; use the image that was annotated`,
  )
  await writeFile(file, whole.subarray(0, whole.length / 2))
  t.regex(await refusal(t, config), /000003\.png: is broken or cut short/)
  const train = { ...config.data.train, imageDir: 'nowhere' }
  t.regex(
    await refusal(t, { ...config, data: { ...config.data, train } }),
    /^nowhere\/000001\.png: no such image/,
  )
})

test('nothing to resume is refused', async (t) => {
  const { config } = await tinyExperiment(t)
  t.regex(
    await refusal(t, config, { resume: true }),
    /run: --resume found no checkpoint in it; leave out --resume to start anew/,
  )
})

test('weights to start from are refused beside a checkpoint to resume', async (t) => {
  const { config } = await tinyExperiment(t)
  t.is(
    await refusal(t, config, { resume: true, loadFrom: 'weights.pth' }),
    '--load-from is given with --resume, which has its own weights; leave out one of them',
  )
})

test('a work dir that cannot be written is refused, also where no folder can be made', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  await writeFile(join(folder, 'file'), '')
  for (const workDir of [join(folder, 'file', 'run'), '/proc/vanilladet/run']) {
    const error = await t.throwsAsync(trainConfig(config, { workDir, progressStream }))
    t.regex(error?.message ?? '', /: the work dir cannot be written \(E\w+\); give another/)
    t.true(error?.message.startsWith(workDir))
  }
})
