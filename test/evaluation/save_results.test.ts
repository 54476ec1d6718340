import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import test from 'ava'
import { saveResults } from '../../evaluation/save_results.js'
import { trainConfig } from '../../experiments/train_config.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { tinyExperiment } from '../experiments/tiny_experiment.js'
import { tinyMaskExperiment } from '../experiments/tiny_mask_experiment.js'

const progressStream = new Writable({ write: (_, __, done) => done() }) as NodeJS.WriteStream

const box = {
  image_id: 1,
  category_id: 2,
  bbox: [1, 2, 3, 4] as [number, number, number, number],
  score: 0.5,
}

test('results replace those before, and nothing half-written stays', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'results.bbox.json'), 'old')
  await saveResults(folder, { bbox: [box], segm: [] })
  t.deepEqual((await readdir(folder)).sort(), ['results.bbox.json', 'results.segm.json'])
  t.deepEqual(JSON.parse(await readFile(join(folder, 'results.bbox.json'), 'utf8')), [box])
})

test('results of any number are the bytes of their JSON', async (t) => {
  const folder = await temporaryFolder(t)
  for (const count of [0, 1, 4096, 4097, 10_000]) {
    const bbox = Array.from({ length: count }, (_, i) => ({ ...box, image_id: i }))
    await saveResults(folder, { bbox })
    t.is(await readFile(join(folder, 'results.bbox.json'), 'utf8'), JSON.stringify(bbox))
  }
})

test('results that cannot be written stop training in words', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'results.bbox.json'))
  const path = join(folder, 'results.bbox.json')
  await t.throwsAsync(saveResults(folder, { bbox: [box] }), {
    name: 'TrainingError',
    message: `train: ${path} could not be written (EISDIR); make room in the work dir and go on with --resume, from the checkpoint before`,
  })
  t.deepEqual(await readdir(folder), ['results.bbox.json'])
})

test('an evaluation during training leaves its results in the work dir', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const workDir = join(folder, 'run')
  await trainConfig({ ...config, evaluation: { interval: 1 } }, { workDir, progressStream })
  t.true(Array.isArray(JSON.parse(await readFile(join(workDir, 'results.bbox.json'), 'utf8'))))
  t.false((await readdir(workDir)).includes('results.segm.json'))

  const masks = await tinyMaskExperiment(t)
  const maskDir = join(masks.folder, 'run')
  const evaluated = { ...masks.config, evaluation: { interval: 1 } }
  await trainConfig(evaluated, { workDir: maskDir, progressStream })
  const [bbox, segm] = await Promise.all(
    ['bbox', 'segm'].map(async (kind) =>
      JSON.parse(await readFile(join(maskDir, `results.${kind}.json`), 'utf8')),
    ),
  )
  t.is(bbox.length, segm.length, 'entry by entry beside each other')
})

test('results of an earlier run are deleted where that is asked for, and stay with a resumed one', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const workDir = join(folder, 'run')
  await mkdir(workDir)
  await writeFile(join(workDir, 'results.segm.json'), '[]')
  await trainConfig(config, { workDir, progressStream, maxIters: 1, overwrite: true })
  t.false((await readdir(workDir)).includes('results.segm.json'))
  await writeFile(join(workDir, 'results.bbox.json'), '[]')
  await trainConfig(config, { workDir, progressStream, resume: true })
  t.true((await readdir(workDir)).includes('results.bbox.json'))
})
