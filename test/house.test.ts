import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { arrowsOf, brokenArrows } from './helpers/house_arrows.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NOT_SOURCE = new Set(['node_modules', 'dist', 'work_dirs', 'data', 'test', 'bench', 'docs'])

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_SOURCE.has(entry.name) || entry.name.startsWith('.')) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourceFiles(path)
    return entry.name.endsWith('.ts') ? [relative(ROOT, path).replaceAll('\\', '/')] : []
  })
}

test('imports run downward only', (t) => {
  const files = sourceFiles(ROOT)
  const arrows = files.flatMap((path) => arrowsOf(path, readFileSync(join(ROOT, path), 'utf8')))
  t.true(arrows.length > 50, 'the sources are found')
  t.deepEqual(brokenArrows(arrows), [])
})

test('an op that imports a head is reported in words', (t) => {
  t.deepEqual(brokenArrows([{ from: 'ops/focal_loss.ts', to: 'heads/retina_head.ts' }]), [
    'ops/focal_loss.ts imports heads/retina_head.ts, but ops may import from engine, host_tensor, errors only',
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
    'datasets/batch.ts imports nn/module.ts, but datasets may import from host_tensor, random, pycocotools, files, errors only',
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
  const engine = sourceFiles(ROOT).filter((path) => path.startsWith('engine/'))
  t.true(engine.length > 40, 'the sources are found')
  const told = engine.filter((path) => words.test(readFileSync(join(ROOT, path), 'utf8')))
  t.deepEqual(told, [])
  t.regex('the loss of an anchor', words)
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
