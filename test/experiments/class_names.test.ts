import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { TEXTURE_CLASSES } from '../../datasets/classification/textures.js'
import { COCO_CLASSES } from '../../datasets/coco_classes.js'
import { classNames, knownClassNames } from '../../experiments/class_names.js'
import type { Config, DetectionConfig } from '../../registry.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { tinyClassification } from './tiny_classification.js'
import { tinyExperiment } from './tiny_experiment.js'

function withClasses(
  config: DetectionConfig,
  numClasses: number,
  annFile = 'nowhere.json',
): Config {
  const data = { ...config.data!, val: { annFile, imageDir: '.' } }
  return { ...config, data, model: { ...config.model, numClasses } }
}

test('the names of a checkpoint come first, with the ids of the annotation file', async (t) => {
  const { config } = await tinyExperiment(t)
  const saved = ['triangle', 'circle', 'square']
  const classes = await classNames(config, saved)
  t.deepEqual(
    classes.map(({ name }) => name),
    saved,
  )
  const inFile = await classNames(config)
  for (const { name, id } of classes) t.is(inFile.find((other) => other.name === name)?.id, id)
})

test('without a checkpoint they are those of the annotation file', async (t) => {
  const { config } = await tinyExperiment(t)
  const names = (await classNames(config)).map(({ name }) => name)
  t.deepEqual(names, ['circle', 'square', 'triangle'])
})

test('80 classes without a file are those of COCO', async (t) => {
  const { config } = await tinyExperiment(t)
  const classes = await classNames(withClasses(config, 80))
  t.is(classes.length, 80)
  t.deepEqual(classes[0], { id: 1, name: 'person' })
  t.deepEqual(classes[11], { id: 13, name: 'stop sign' })
  t.deepEqual(classes[79], { id: 90, name: 'toothbrush' })
  t.deepEqual(await classNames({ model: config.model }, undefined), [
    { id: 0, name: 'class 0' },
    { id: 1, name: 'class 1' },
    { id: 2, name: 'class 2' },
  ])
})

test('COCO classes of a checkpoint have the ids of COCO, some of them too', async (t) => {
  const { config } = await tinyExperiment(t)
  const saved = COCO_CLASSES.map(([, name]) => name)
  t.is((await classNames(withClasses(config, 80), saved))[11].id, 13)
  t.deepEqual(await classNames(withClasses(config, 2), ['zebra', 'cat']), [
    { id: 24, name: 'zebra' },
    { id: 17, name: 'cat' },
  ])
})

test('names that no file knows are numbered', async (t) => {
  const { config } = await tinyExperiment(t)
  t.deepEqual(await classNames(withClasses(config, 2), ['nut', 'bolt']), [
    { id: 0, name: 'nut' },
    { id: 1, name: 'bolt' },
  ])
})

test('an annotation file of another number of classes is passed over', async (t) => {
  const { config } = await tinyExperiment(t)
  const annFile = join(await temporaryFolder(t), 'other.json')
  const categories = [{ id: 5, name: 'nut' }]
  await writeFile(annFile, JSON.stringify({ images: [], annotations: [], categories }))
  const names = (await classNames(withClasses(config, 3, annFile))).map(({ name }) => name)
  t.deepEqual(names, ['class 0', 'class 1', 'class 2'])
})

test('COCO has 80 classes of rising ids and different names', (t) => {
  t.is(COCO_CLASSES.length, 80)
  const ids = COCO_CLASSES.map(([id]) => id)
  t.deepEqual(
    ids,
    [...new Set(ids)].sort((a, b) => a - b),
  )
  t.is(new Set(COCO_CLASSES.map(([, name]) => name)).size, 80)
})

test("a classifier's names are those of its checkpoint, else of its folders, and never COCO's", async (t) => {
  const { config } = await tinyClassification(t)
  const saved = TEXTURE_CLASSES.toReversed()
  const named = (names: readonly string[]) => names.map((name, id) => ({ id, name }))
  t.deepEqual(await classNames(config, saved), named(saved))
  t.deepEqual(await classNames(config), named(TEXTURE_CLASSES))
  const other = { model: { ...config.model, numClasses: 80 } }
  t.is(await knownClassNames(other), undefined)
  t.deepEqual((await classNames(other))[79], { id: 79, name: 'class 79' })
})
