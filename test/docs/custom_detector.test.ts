import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test from 'ava'
import type { VanillaNet } from '../../backbones/index.js'
import type { Module } from '../../nn/index.js'
import type * as tf from '../../tf/tf.js'
import { readSafetensors } from '../../weights/index.js'
import { assertClose } from '../helpers/assert_close.js'

interface CentreDetector extends Module {
  backbone: VanillaNet
  forward(images: tf.Tensor4D): tf.Tensor4D
}

/** What the program of the page exports. */
interface Program {
  detector: CentreDetector
  losses: number[]
  draw(count: number): { images: tf.Tensor4D; targets: tf.Tensor4D }
  finish(path: string): Promise<CentreDetector>
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the code blocks of a page as one program, with the sources in the place of the package. */
async function run(page: string, folder: string): Promise<Program> {
  const text = await readFile(join(ROOT, 'docs', page), 'utf8')
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code)
  const path = join(folder, 'program.ts')
  const source = (_: string, room: string) => `'${pathToFileURL(join(ROOT, room, 'index.ts'))}'`
  await writeFile(path, blocks.join('\n').replaceAll(/'vanilladet\/(\w+)'/g, source))
  return import(pathToFileURL(path).href)
}

test('the page on custom detectors trains, saves and merges as it says', async (t) => {
  const workDirs = join(ROOT, 'work_dirs')
  await mkdir(workDirs, { recursive: true })
  const folder = await mkdtemp(join(workDirs, 'docs-'))
  t.teardown(() => rm(folder, { recursive: true }))

  const { detector, losses, draw, finish } = await run('custom_detector.md', folder)
  t.is(losses.length, 20)
  t.true(losses[19] < 0.5 * losses[0], `${losses}`)

  const path = join(folder, 'detector.safetensors')
  const { images } = draw(2)
  const expected = detector.forward(images)
  const deployed = await finish(path)
  t.is(deployed.backbone.form, 'deploy')
  assertClose(t, deployed.forward(images), expected, 1e-4)
  const { tensors } = await readSafetensors(path)
  t.deepEqual(Object.keys(tensors).sort(), Object.keys(detector.stateDict()).sort())
})
