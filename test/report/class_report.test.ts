import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { TEXTURE_CLASSES } from '../../datasets/classification/textures.js'
import { buildReport } from '../../report/build_report.js'
import { renderPage } from '../../report/page/page.js'
import { tinyClassification } from '../experiments/tiny_classification.js'
import { jsonLines, syntheticRun } from './synthetic_run.js'

const now = new Date('2024-05-06T07:08:09Z')

/** A work dir as training leaves it: every third picture is taken for class 0. */
async function classifierRun(t: ExecutionContext) {
  const { folder, config } = await tinyClassification(t)
  const workDir = join(folder, 'textures_run')
  await mkdir(workDir)
  const metrics = [1, 2, 3].map((i) => ({ iter: i, epoch: i, lr: 1e-3, loss: 2 / i, time: 0.5 }))
  const evaluations = [
    { iter: 1, epoch: 1, top1: 0.25, top5: 0.5 },
    { iter: 3, epoch: 3, top1: 0.65, top5: 1 },
  ]
  const predictions = TEXTURE_CLASSES.flatMap((name, label) =>
    ['0001.png', '0002.png'].map((file, i) => {
      const best = (2 * label + i) % 3 === 1 ? 0 : label
      const labels = [best, (best + 1) % 10, (best + 2) % 10, (best + 3) % 10, (best + 4) % 10]
      const path = join(config.data.val.folder, name, file)
      return { file: path, label, labels, scores: [0.5, 0.2, 0.15, 0.1, 0.05] }
    }),
  )
  const files = {
    'config.json': JSON.stringify(config),
    'metrics.jsonl': jsonLines(metrics),
    'evaluations.jsonl': jsonLines(evaluations),
    'predictions.json': JSON.stringify({
      source: config.data.val.folder,
      classes: TEXTURE_CLASSES,
      predictions,
    }),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(workDir, name), text)
  return { folder, workDir }
}

async function reportOf(workDirs: string[]) {
  const { document, pictures } = await buildReport({ workDirs, benchmarks: [], now })
  const page = renderPage(document, pictures, { script: '', style: '' })
  return { document, pictures, run: document.runs[0], page }
}

test('a classifier has curves of loss, throughput and accuracy, and sizes at its input', async (t) => {
  const { workDir } = await classifierRun(t)
  const { run, page } = await reportOf([workDir])
  t.deepEqual(
    run.training.charts.map(({ id }) => id),
    ['run-1-loss', 'run-1-rate', 'run-1-throughput'],
  )
  const [, , throughput] = run.training.charts
  if (throughput.kind !== 'line') throw new Error('no line chart')
  t.deepEqual(throughput.series[0].points[0], [1, 8]) // four pictures in half a second
  const [accuracy] = run.evaluation.charts
  if (accuracy.kind !== 'line') throw new Error('no line chart')
  t.deepEqual(
    accuracy.series.map(({ label, points }) => [label, points]),
    [
      [
        'top-1',
        [
          [1, 0.25],
          [3, 0.65],
        ],
      ],
      [
        'top-5',
        [
          [1, 0.5],
          [3, 1],
        ],
      ],
    ],
  )
  t.deepEqual(
    run.size.sizes.map(({ form, shape }) => [form, shape]),
    [
      ['deploy', [32, 32]],
      ['train', [32, 32]],
    ],
  )
  const notes = [run.training, run.evaluation, run.size, run.detections].flatMap(
    ({ notes }) => notes,
  )
  t.deepEqual(notes, [])
  t.true(page.includes('one image of 32 × 32 pixels'))
  t.true(page.includes('<small>top-1</small>'))
  t.false(page.includes('box AP</small>'))
})

test('pictures that are taken for another class come before others, and each class has its accuracy', async (t) => {
  const { workDir } = await classifierRun(t)
  const { run, pictures, page } = await reportOf([workDir])
  const { classification } = run
  if (!classification) throw new Error('no classification')
  t.deepEqual(classification.notes, [])
  // Pictures 1, 4, ... 19 are taken for class 0, of which picture 1 is.
  t.is(classification.accuracy?.top1, 14 / 20)
  t.deepEqual(
    classification.classes.map(({ name }) => name),
    TEXTURE_CLASSES,
  )
  t.is(classification.classes[2].top1, 0.5)
  t.is(classification.classes[0].precision, 2 / 8)
  t.deepEqual(
    classification.samples.map(({ isRight }) => isRight),
    [false, false, false, false, true, true, true, true],
  )
  for (const { id, category, isRight, predicted, width, height } of classification.samples) {
    t.is(predicted.length, 3)
    t.is(predicted[0].category === category, isRight)
    const shown = pictures[id]
    if (!('picture' in shown)) throw new Error('no picture')
    const bytes = Buffer.from(shown.picture.slice(shown.picture.indexOf(',') + 1), 'base64')
    t.like(await sharp(bytes).metadata(), { format: 'jpeg', width, height })
  }
  t.true(page.includes('diagonal, right: diagonal 0.50, '))
  t.true(page.includes('checkers, wrong: blobs 0.50, '))
})

test('what is missing or broken is noted, and nothing fails', async (t) => {
  const { folder, workDir } = await classifierRun(t)
  await rm(join(folder, 'textures'), { recursive: true })
  const gone = await reportOf([workDir])
  t.is(gone.run.classification?.classes.length, 10)
  t.regex(gone.run.classification?.notes[0] ?? '', /^Pictures are missing: .*no such/)
  await writeFile(join(workDir, 'predictions.json'), '{"classes":["a"],"predictions":[{}]}')
  const broken = await reportOf([workDir])
  t.regex(broken.run.classification?.notes[0] ?? '', /predictions\.json: holds no predictions; /)
  await rm(join(workDir, 'predictions.json'))
  const none = await reportOf([workDir])
  t.deepEqual(none.run.classification?.notes, [
    'No predictions: predictions.json is written by each evaluation during training.',
  ])
})

test('runs of detectors and classifiers stand on one page, each with its own numbers', async (t) => {
  const [{ workDir }, detector] = await Promise.all([classifierRun(t), syntheticRun(t)])
  const { document, page } = await reportOf([workDir, detector.workDir, `again=${workDir}`])
  const ids = document.comparison.charts.map(({ id }) => id)
  t.true(ids.includes('compared-accuracy'))
  t.false(ids.includes('compared-ap')) // only one run has it
  for (const text of [
    'Accuracy and AP in',
    '<td>deploy, 32 × 32</td>',
    '<td>deploy, 800 × 1280</td>',
  ])
    t.true(page.includes(text), text)
})
