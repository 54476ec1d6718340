import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import {
  type Arrow,
  arrowsOf,
  brokenArrows,
  indirectArrows,
  roomOf,
} from './helpers/house_arrows.js'
import { importCircles } from './helpers/import_circles.js'
import { NOT_WRITTEN, sourceFiles } from './helpers/source_files.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const WITHOUT = [...NOT_WRITTEN, 'test', 'bench', 'docs']
/** Paths from the root of all sources of the house. */
const SOURCES = sourceFiles(ROOT, { ending: /\.ts$/, without: WITHOUT }).map((path) =>
  relative(ROOT, path).replaceAll('\\', '/'),
)

/** The imports of all sources. */
function houseArrows(): Arrow[] {
  return SOURCES.flatMap((path) => arrowsOf(path, readFileSync(join(ROOT, path), 'utf8')))
}

test('imports run downward only', (t) => {
  const arrows = houseArrows()
  t.true(arrows.length > 50, 'the sources are found')
  t.deepEqual(brokenArrows(arrows), [])
})

test("names are imported from the files that declare them, not from another room's index", (t) => {
  t.deepEqual(indirectArrows(houseArrows()), [])
})

test('an import of an index is reported in words; that of a package is its door', (t) => {
  const [from, within] = ['heads/rpn_head.ts', 'ops/nms/nms.ts']
  t.deepEqual(
    indirectArrows([
      { from, to: 'ops/index.ts' },
      { from: 'tools/train.ts', to: 'index.ts' },
      { from: within, to: 'ops/index.ts' },
      { from: 'configs/retinanet_r50.ts', to: 'registry.ts' },
      { from, to: 'packages/pycocotools-js/source/index.ts' },
      { from, to: 'ops/row_index.ts' },
    ]),
    [
      'heads/rpn_head.ts imports ops/index.ts, which is for users; import from the file that declares the name',
      'tools/train.ts imports index.ts, which is for users; import from the file that declares the name',
    ],
  )
})

test('no files import each other in a circle, not even their types', (t) => {
  t.deepEqual(importCircles(houseArrows()), [])
})

test('each circle is reported with the files on it', (t) => {
  const arrow = (way: string): Arrow => {
    const [from, to] = way.split(' -> ')
    return { from, to }
  }
  const sound = ['a.ts -> b.ts', 'b.ts -> c.ts', 'a.ts -> c.ts', 'c.ts -> d.ts'].map(arrow)
  t.deepEqual(importCircles(sound), [])
  t.deepEqual(importCircles([...sound, arrow('d.ts -> b.ts')]), ['b.ts -> c.ts -> d.ts -> b.ts'])
  const two = [...sound, arrow('c.ts -> b.ts'), arrow('d.ts -> d.ts')]
  t.deepEqual(importCircles(two).sort(), ['b.ts -> c.ts -> b.ts', 'd.ts -> d.ts'])
})

test('an op that imports a head is reported in words', (t) => {
  t.deepEqual(brokenArrows([{ from: 'ops/focal_loss.ts', to: 'heads/retina_head.ts' }]), [
    'ops/focal_loss.ts imports heads/retina_head.ts, but ops may import from engine, tf, host_tensor, errors only',
  ])
})

test('backbones, necks and heads do not import each other', (t) => {
  const rooms = ['backbones', 'necks', 'heads']
  const arrows = rooms.flatMap((from) =>
    rooms.filter((to) => to !== from).map((to) => ({ from: `${from}/a.ts`, to: `${to}/b.ts` })),
  )
  t.is(brokenArrows(arrows).length, 6)
})

test('datasets may take host tensors, and no model', (t) => {
  t.deepEqual(brokenArrows([{ from: 'datasets/batch.ts', to: 'host_tensor.ts' }]), [])
  t.deepEqual(brokenArrows([{ from: 'datasets/batch.ts', to: 'nn/module.ts' }]), [
    'datasets/batch.ts imports nn/module.ts, but datasets may import from host_tensor, random, pycocotools, pickle, files, errors only',
  ])
})

test('pycocotools-js depends on nothing above', (t) => {
  const from = 'packages/pycocotools-js/source/coco.ts'
  t.deepEqual(brokenArrows([{ from, to: 'errors.ts' }]), [
    `${from} imports errors.ts, but pycocotools may import from nothing only`,
  ])
})

test('an import of pycocotools-js by its name is an arrow to its room', (t) => {
  const arrows = arrowsOf('nn/a.ts', "import { COCO } from 'pycocotools-js'")
  t.deepEqual(arrows, [{ from: 'nn/a.ts', to: 'packages/pycocotools-js/source/index.ts' }])
  t.is(brokenArrows(arrows).length, 1)
})

test('a folder that nobody gave a place is reported', (t) => {
  t.deepEqual(brokenArrows([{ from: 'misc/helpers.ts', to: 'errors.ts' }]), [
    'misc/helpers.ts is in no room of the house; add misc to test/helpers/house_arrows.ts',
  ])
})

test('a downward import, and one inside a room, are sound', (t) => {
  const arrows = [
    { from: 'detectors/retinanet.ts', to: 'necks/fpn.ts' },
    { from: 'ops/focal_loss.ts', to: 'ops/box_iou.ts' },
    { from: 'tools/train.ts', to: 'registry.ts' },
  ]
  t.deepEqual(brokenArrows(arrows), [])
})

test('the engine knows nothing of detection', (t) => {
  const words = /\b(nms|rois?|anchors?|detect(ors?|ions?)|bbox|retinanet|segment(s|ation)?)\b/i
  const engine = SOURCES.filter((path) => path.startsWith('engine/'))
  t.true(engine.length > 40, 'the sources are found')
  const offenders = engine.filter((path) => words.test(readFileSync(join(ROOT, path), 'utf8')))
  t.deepEqual(offenders, [])
  t.regex('the loss of an anchor', words)
})

test('TensorFlow.js is imported in one place', (t) => {
  const importing = SOURCES.filter((path) =>
    /from '@tensorflow\/|^import '@tensorflow\//m.test(readFileSync(join(ROOT, path), 'utf8')),
  )
  t.true(importing.length > 0)
  t.deepEqual(
    importing.filter((path) => roomOf(path) !== 'tf'),
    [],
  )
})

test('imports, re-exports and dynamic imports all count', (t) => {
  const source = [
    "import * as tf from '@tensorflow/tfjs'",
    "import { a,\n  b } from '../nn/index.js'",
    "export * from './box_iou.js'",
    "import type { C } from '../errors.js'",
    "import '../registry.js'",
    "const d = await import('../training/loop.js')",
  ].join('\n')
  t.deepEqual(
    arrowsOf('ops/focal_loss.ts', source).map(({ to }) => to),
    ['nn/index.ts', 'ops/box_iou.ts', 'errors.ts', 'registry.ts', 'training/loop.ts'],
  )
})

test('what a model is, is asked of it, not of its class', (t) => {
  const rooms = /^(backbones|necks|heads|detectors)\//
  const files = SOURCES.map((path) => ({
    path,
    text: readFileSync(join(ROOT, path), 'utf8'),
  }))
  const classes = files
    .filter(({ path }) => rooms.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:abstract )?class (\w+)/gm)].map(([, name]) => ({ path, name })),
    )
  t.true(classes.length > 10, 'the classes are found')
  const asked = files.flatMap(({ path, text }) =>
    classes
      .filter((known) => roomOf(known.path) !== roomOf(path))
      .filter(({ name }) => new RegExp(`\\binstanceof ${name}\\b`).test(text))
      .map(({ name }) => `${path} asks for ${name}`),
  )
  t.deepEqual(asked, [])
})

test('the files of a step are few, and where the page says', (t) => {
  const page = readFileSync(join(ROOT, 'docs', 'house.md'), 'utf8')
  const [, part] = /^## The files of a step\n(.*?)^## /ms.exec(page)!
  const files = [...part.matchAll(/`([\w/]+\.ts)`/g)].map(([, path]) => path)
  t.true(files.length > 20 && files.length <= 35, `${files.length}`)
  const known = new Set(SOURCES)
  t.deepEqual(
    files.filter((path) => !known.has(path)),
    [],
  )
})
