import { existsSync, readFileSync, renameSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { ConfigError, DeviceError } from '../../errors.js'
import { evaluate } from '../../evaluation/evaluate.js'
import { evalOptions } from '../../experiments/detection_task.js'
import { resolveConfig } from '../../experiments/load.js'
import { loadSplit } from '../../experiments/load_data.js'
import { loadDetector } from '../../experiments/load_detector.js'
import { trainConfig } from '../../experiments/train_config.js'
import type { Config } from '../../registry.js'
import { checkpointBytes } from '../training/tiny_run.js'
import { tinyExperiment } from './tiny_experiment.js'
import { tinyMaskExperiment } from './tiny_mask_experiment.js'

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
  t.deepEqual(lines, [
    `trains on 4 images with 12 objects of 3 classes from ${config.data.train.annFile}`,
  ])
  t.deepEqual(JSON.parse(readFileSync(join(workDir, 'config.json'), 'utf8')), config)

  const { detector, form, metadata } = await loadDetector(config, result.checkpoint)
  t.is(form, 'train')
  t.deepEqual(metadata?.classes, ['circle', 'square', 'triangle'])
  const { data, dataset } = await loadSplit(config, 'val', { classes: metadata?.classes })
  const { bbox } = await evaluate(detector, evalOptions(data, dataset))
  t.true(bbox.AP >= 0 && bbox.AP <= 1)

  const more = { workDir: join(folder, 'runs', 'second'), loadFrom: result.checkpoint }
  await trainConfig(config, { ...more, progressStream, say, maxIters: 1 })
  t.regex(lines[2], /epoch_1\.safetensors: (\d+) of \1 tensors loaded/)
})

test('what is trained and evaluated on is told at once, and kept in data.json', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const { annFile, imageDir } = config.data.val
  const json = JSON.parse(await readFile(annFile, 'utf8'))
  json.annotations[0].iscrowd = 1
  json.annotations[1].id = 0
  const val = { annFile: join(folder, 'val.json'), imageDir }
  await writeFile(val.annFile, JSON.stringify(json))
  const evaluated = { ...config, evaluation: { interval: 1 }, data: { ...config.data, val } }
  const lines: string[] = []
  const workDir = join(folder, 'run')
  const say = (line: string) => lines.push(line)
  await trainConfig(evaluated, { workDir, progressStream, say, maxIters: 1 })
  const total = json.annotations.length
  t.deepEqual(lines, [
    `trains on 4 images with 12 objects of 3 classes from ${config.data.train.annFile}`,
    `evaluates on ${json.images.length} images with ${total - 1} objects of 3 classes from ${val.annFile}`,
    `  left out of ${total} objects: 1 flagged 'iscrowd' (annotation 1)`,
    '  1 annotation has the id 0, first annotation 0 (image 1); a match to it counts as unmatched, as in pycocotools; number annotations from 1',
  ])
  const kept = JSON.parse(await readFile(join(workDir, 'data.json'), 'utf8'))
  t.deepEqual(Object.keys(kept), ['train', 'val'])
  t.deepEqual(kept.val.objects, {
    ...{ total, used: total - 1, defaults: {} },
    leftOut: { "flagged 'iscrowd'": { count: 1, first: 1 } },
  })
  t.deepEqual([kept.val.annFile, kept.val.imageDir], [val.annFile, val.imageDir])
  t.is(kept.val.notes.length, 1)
})

test('what is wrong with train and with val is told in one error', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const parts = ['train', 'val'] as const
  for (const split of parts) {
    const json = JSON.parse(await readFile(config.data[split].annFile, 'utf8'))
    json.annotations[0].area = -1
    json.annotations[1].iscrowd = 'no'
    await writeFile(join(folder, `${split}.json`), JSON.stringify(json))
  }
  const [train, val] = parts.map((split) => ({
    ...config.data[split],
    annFile: join(folder, `${split}.json`),
  }))
  const spoilt = { ...config, evaluation: { interval: 1 }, data: { ...config.data, train, val } }
  const lines = (await refusal(t, spoilt)).split('\n')
  t.deepEqual(
    lines.map((line) => line.replace(/.*(train|val)\.json/, '$1')),
    parts.flatMap((split) => [
      `${split}: 2 entries cannot be used; repair them, or leave them out with data.invalid=drop:`,
      '  annotation 1 (image 1) has an area of -1; repair it or leave it out',
      '  annotation 2 (image 1) has an iscrowd of "no"; give it 0 or 1',
    ]),
  )
})

for (const [name, experiment] of Object.entries({ tinyExperiment, tinyMaskExperiment })) {
  test.serial(
    `${name}: few input shapes are told, kept, compiled once, and the same after a stop`,
    async (t) => {
      const { folder, config } = await experiment(t)
      const data = {
        ...config.data,
        ...{ scales: [64, 96, 128, 160].map((side) => [side, side] as const), batchSize: 1 },
        ...{ bucketStep: 32, shapes: 2, testShapes: 1 },
      }
      const long = { ...config, data, schedule: { epochs: 3 }, evaluation: { interval: 3 } }
      const lines: string[] = []
      const progress = new PassThrough()
      const whole = join(folder, 'whole')
      const say = (line: string) => lines.push(line)
      const expected = await trainConfig(long, { workDir: whole, progressStream: progress, say })
      const noted = lines.filter((line) => line.includes('input shape'))
      t.regex(noted[0], /^trains in 2 input shapes, [\d.]+ % more pixels than in steps of 32: /)
      t.is(noted[1], 'evaluates in 1 input shape, 0.0 % more pixels than in steps of 32: 64x64')
      t.true(noted[0].endsWith(' 160x160x8'), noted[0])
      t.is(String(progress.read()).match(/compiling the training step/g)?.length, 2)
      const kept = await readFile(join(whole, 'shapes.json'), 'utf8')
      const { train, val } = JSON.parse(kept)
      t.deepEqual(train.shapes[1].size, [160, 160])
      t.deepEqual(val, { areaWaste: 0, shapes: [{ size: [64, 64], share: 1 }] })

      const workDir = join(folder, 'parts')
      await trainConfig(long, { workDir, progressStream, maxIters: 5 })
      const { checkpoint } = await trainConfig(long, { workDir, progressStream, resume: true })
      t.is(await readFile(join(workDir, 'shapes.json'), 'utf8'), kept)
      t.deepEqual(await checkpointBytes(checkpoint), await checkpointBytes(expected.checkpoint))
      const results = 'results.bbox.json'
      t.is(
        await readFile(join(workDir, results), 'utf8'),
        await readFile(join(whole, results), 'utf8'),
      )
    },
  )
}

test("somebody else's data.json is not replaced", async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const workDir = join(folder, 'run')
  await mkdir(workDir)
  await writeFile(join(workDir, 'data.json'), '[1, 2]')
  await t.throwsAsync(trainConfig(config, { workDir, progressStream }), {
    message: `${join(workDir, 'data.json')}: was not written by a training run; give another --work-dir`,
  })
  t.is(await readFile(join(workDir, 'data.json'), 'utf8'), '[1, 2]')
})

test('skipInvalid is the older name of invalid, and contradicts it in words', async (t) => {
  const { config } = await tinyExperiment(t)
  const both = {
    ...config,
    data: { ...config.data, invalid: 'refuse', skipInvalid: true },
  } as const
  t.is(
    await refusal(t, both),
    "data.skipInvalid is true, and data.invalid says 'refuse'; leave it out",
  )
  const old = { ...config, data: { ...config.data, skipInvalid: true } }
  const json = JSON.parse(await readFile(config.data.val.annFile, 'utf8'))
  json.annotations[0].bbox[2] = -1
  await writeFile(config.data.val.annFile, JSON.stringify(json))
  const { dataset } = await loadSplit(old, 'val')
  t.is(dataset.groundTruth.rows.length, json.annotations.length - 1)
  await t.throwsAsync(loadSplit(config, 'val'), { message: /has a box of width -1/ })
})

test('an evaluation every so many epochs goes to evaluations.jsonl', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const evaluated = { ...config, evaluation: { interval: 1 } }
  await trainConfig(evaluated, { workDir: folder, progressStream })
  const text = await readFile(join(folder, 'evaluations.jsonl'), 'utf8')
  const { iter, epoch, bbox } = JSON.parse(text)
  t.deepEqual([iter, epoch, Object.keys(bbox).length], [2, 1, 12])
})

test('an evaluation during deep training is of the lambda of its epoch, as that of the checkpoint', async (t) => {
  const { folder, config: plain } = await tinyExperiment(t)
  const cautious = { ...plain, evaluation: { interval: 1 } }
  const config = resolveConfig(cautious, [
    'model.head.test.scoreThr=0.001',
    'schedule.deepTraining.decayEpochs=4',
    'ema.decay=0.5',
  ])
  const { checkpoint } = await trainConfig(config, { workDir: folder, progressStream })
  const { detector, metadata } = await loadDetector(config, checkpoint, { weights: 'ema' })
  t.is(metadata?.lambda, 0)
  const { data, dataset } = await loadSplit(config, 'val', { classes: metadata?.classes })
  const [here, atOne] = await Promise.all(
    [metadata?.lambda, undefined].map((lambda) =>
      evaluate(detector, { ...evalOptions(data, dataset), lambda }),
    ),
  )
  const left = JSON.parse(await readFile(join(folder, 'results.bbox.json'), 'utf8'))
  t.true(left.length > 0)
  t.deepEqual(left, JSON.parse(JSON.stringify(here.results.bbox)))
  t.notDeepEqual(left, JSON.parse(JSON.stringify(atOne.results.bbox)))
})

for (const workers of [0, 1]) {
  test(`images that disappear while it trains cost nothing that was done, ${workers} workers`, async (t) => {
    const { folder, config: short } = await tinyExperiment(t)
    const config = { ...short, schedule: { epochs: 4 }, data: { ...short.data, workers } }
    const { imageDir } = config.data.train
    const moved = `${imageDir}_elsewhere`
    const write = (text: string) => {
      if (text.startsWith('compiling')) renameSync(imageDir, moved)
      return true
    }
    const watching = Object.assign(Object.create(progressStream), { write })
    const [workDir, whole] = [join(folder, 'run'), join(folder, 'whole')]
    const error = await t.throwsAsync(trainConfig(config, { workDir, progressStream: watching }), {
      name: 'DataError',
    })
    const name = (await readFile(join(workDir, 'latest'), 'utf8')).trim()
    t.regex(error?.message ?? '', /^\S+\.png: no such image; /)
    const saved = (await metricsOf(workDir)).length
    t.true(
      error?.message.endsWith(
        `. What was done until iteration ${saved} is saved as ${join(workDir, name)}; go on with --resume`,
      ),
      error?.message,
    )
    renameSync(moved, imageDir)
    const result = await trainConfig(config, { workDir, progressStream, resume: true })
    const expected = await trainConfig(config, { workDir: whole, progressStream })
    t.deepEqual(readFileSync(result.checkpoint), readFileSync(expected.checkpoint))
  })
}

async function metricsOf(workDir: string): Promise<Record<string, number>[]> {
  const text = await readFile(join(workDir, 'metrics.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('a config is trained in mixed precision, with losses near those of float32', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const [half, full] = [join(folder, 'fp16'), join(folder, 'fp32')]
  const lossScale = { initial: 4096, growthInterval: 1 }
  const mixed = { ...config, precision: 'fp16' as const, lossScale }
  const { checkpoint } = await trainConfig(mixed, { workDir: half, progressStream })
  await trainConfig(config, { workDir: full, progressStream })
  const [a, b] = [await metricsOf(half), await metricsOf(full)]
  t.deepEqual(
    a.map((line) => [line.lossScale, line.skippedUpdates]),
    [
      [8192, 0],
      [16384, 0],
    ],
  )
  for (const [i, { loss, gradNorm }] of b.entries()) {
    t.not(a[i].loss, loss)
    t.true(Math.abs(a[i].loss - loss) < 0.01 * loss, `${a[i].loss} is not near ${loss}`)
    t.true(Math.abs(a[i].gradNorm - gradNorm) < 0.05 * gradNorm, `${a[i].gradNorm}, ${gradNorm}`)
    t.false('lossScale' in b[i])
  }
  const { detector } = await loadDetector(config, checkpoint)
  for (const [name, { data }] of detector.namedParameters())
    t.true(data.every(Number.isFinite), name)
})

test('a run in mixed precision equals one that was stopped, byte for byte', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const mixed = { ...config, precision: 'fp16' as const, schedule: { epochs: 2 } }
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')]
  // 2 ** 40 overflows at first.
  const scaled = { ...mixed, lossScale: { initial: 2 ** 40, growthInterval: 2 } }
  const expected = await trainConfig(scaled, { workDir: whole, progressStream })
  await trainConfig(scaled, { workDir: parts, progressStream, maxIters: 1 })
  const result = await trainConfig(scaled, { workDir: parts, progressStream, resume: true })
  for (const suffix of ['.safetensors', '.train_state.safetensors']) {
    const [a, b] = [expected, result].map(({ checkpoint }) =>
      readFileSync(checkpoint.replace('.safetensors', suffix)),
    )
    t.deepEqual(a, b)
  }
  t.deepEqual(
    (await metricsOf(parts)).map(({ skippedUpdates }) => skippedUpdates),
    [1, 2, 3, 4],
  )
})

test('the precision of the command line goes before that of the config', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const mixed = { ...config, precision: 'fp16' as const, lossScale: { initial: 4096 } }
  const compute = { precision: 'fp32' as const }
  const full = { workDir: join(folder, 'fp32'), progressStream, maxIters: 1, compute }
  await trainConfig(mixed, full)
  t.false('lossScale' in (await metricsOf(full.workDir))[0])

  const lossScale = { initial: 512 }
  const half = { workDir: join(folder, 'fp16'), progressStream, maxIters: 1 }
  await trainConfig({ ...config, lossScale }, { ...half, compute: { precision: 'fp16' } })
  t.is((await metricsOf(half.workDir))[0].lossScale, 512)
})

test('a loss scale that would have no effect is refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const lossScale = { initial: 1024 }
  t.is(
    await refusal(t, { ...config, lossScale }),
    'lossScale has no effect in precision fp32; set precision=fp16, or leave it out',
  )
})

test('precisions and loss scales that cannot be are refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const refused = (part: object) =>
    t.throws(() => resolveConfig({ ...config, ...part }), { instanceOf: ConfigError })?.message
  t.is(refused({ precision: 'fp8' }), 'precision is "fp8"; use "fp32", "tf32" or "fp16"')
  t.is(
    refused({ lossScale: { initial: 0.5 } }),
    'lossScale.initial is 0.5, which is too small; give a number of at least 1',
  )
  t.is(
    refused({ lossScale: { start: 1 } }),
    'lossScale.start is not an option of lossScale; use initial or growthInterval',
  )
})

test('a device that is not there is refused before anything is read', async (t) => {
  const { config } = await tinyExperiment(t)
  const workDir = 'nowhere/run'
  const compute = { engine: 'tfjs' as const, device: 'cuda' as const }
  const broken = { ...config, data: undefined }
  await t.throwsAsync(trainConfig(broken, { workDir, progressStream, compute }), {
    instanceOf: DeviceError,
    message: 'tfjs: does not compute on cuda; use another device, engine or precision',
  })
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
    /^nowhere: no such folder \(looked at \/.*\/nowhere\); looked for \d+ of \d+ images, the first 000001\.png; set imageDir /,
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
