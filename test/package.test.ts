/** The package as a stranger gets it: built, packed, installed into an empty project, and used. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { temporaryFolder } from './datasets/coco_folder.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const execute = promisify(execFile)

/** Runs a program to its end; a failure shows what it printed. */
async function run(program: string, args: string[], cwd: string): Promise<string> {
  try {
    return (await execute(program, args, { cwd, maxBuffer: 2 ** 26 })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`)
  }
}

const USE = `
import * as tf from '@tensorflow/tfjs'
import { VanillaNet } from 'vanilladet/backbones'
const net = new VanillaNet({ dims: [4, 8, 8], strides: [2, 2], actNum: 1, outIndices: [0, 1] })
const images = tf.zeros([1, 64, 96, 3])
console.log(JSON.stringify(net.forward(images).map((feature) => feature.shape)))
`

/** Imports every door, and COCO evaluation, which is inside. */
const DOORS = `
const doors = ['', '/necks', '/heads', '/detectors', '/nn', '/ops', '/engine', '/datasets', '/training', '/deploy']
const names = await Promise.all(doors.map(async (door) => Object.keys(await import('vanilladet' + door))))
console.log(names.every((list) => list.length > 0))
const { COCO, COCOeval } = await import('vanilladet/pycocotools')
const empty = new COCO({ images: [], annotations: [], categories: [] })
console.log(new COCOeval(empty, empty, 'bbox').params.iouThrs.length)
`

/** A user's own backbone, checked by the package's types. */
const TYPES = `
import type * as tf from '@tensorflow/tfjs'
import { backbones, defineConfig } from 'vanilladet'
import { Backbone } from 'vanilladet/backbones'
import { z } from 'zod'

interface MyNetOptions {
  width: number
}

declare module 'vanilladet' {
  interface BackboneRegistry {
    MyNet: MyNetOptions
  }
}

class MyNet extends Backbone {
  readonly outChannels: number[]
  readonly strides = [1]
  constructor({ width }: MyNetOptions) {
    super()
    this.outChannels = [width]
  }
  override forward(images: tf.Tensor4D): tf.Tensor4D[] {
    return [images]
  }
}

backbones.register('MyNet', {
  schema: z.object({ width: z.int() }),
  create: (options) => new MyNet(options),
})

const parts = { neck: { type: 'FPN' }, head: { type: 'RetinaHead' } } as const
export default defineConfig({
  model: { type: 'RetinaNet', numClasses: 1, backbone: { type: 'MyNet', width: 3 }, ...parts },
})
defineConfig({
  // @ts-expect-error: no such option
  model: { type: 'RetinaNet', numClasses: 1, backbone: { type: 'MyNet', widht: 3 }, ...parts },
})
`

test('the packed package installs without scripts, runs in plain Node and has types', async (t) => {
  t.timeout(300_000)
  const folder = await temporaryFolder(t)
  const project = join(folder, 'project')
  await mkdir(project)
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'empty', version: '1.0.0', type: 'module' }),
  )

  await run('npm', ['run', 'build'], ROOT)
  const packed = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    ROOT,
  )
  const tarball = join(folder, fileNameOf(JSON.parse(packed)))
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund']
  await run('npm', ['install', '--ignore-scripts', ...quiet, tarball], project)

  await writeFile(join(project, 'use.js'), USE)
  t.is(await run('node', ['use.js'], project), '[[1,8,12,8],[1,4,6,8]]\n')
  await writeFile(join(project, 'doors.js'), DOORS)
  t.is(await run('node', ['doors.js'], project), 'true\n10\n')

  await writeFile(join(project, 'config.ts'), TYPES)
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'nodenext']
  t.is(await run('node', [compiler, ...options, 'config.ts'], project), '')

  const installed = join(project, 'node_modules', 'vanilladet', 'package.json')
  t.is(JSON.parse(await readFile(installed, 'utf8')).scripts?.postinstall, undefined)
})

/** npm 11 gives a list, later ones may give a record by name. */
function fileNameOf(packed: { filename: string }[] | Record<string, { filename: string }>): string {
  return Object.values(packed)[0].filename
}
