/** The package as a stranger gets it: built, packed, installed into an empty project, and used. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { publint } from 'publint'
import { TENSORFLOW_PACKAGES } from '../engine/tensorflow_backend.js'
import * as tf from '../tf/tf.js'
import { tinyExperiment } from './experiments/tiny_experiment.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const execute = promisify(execFile)

const INSTALL = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
const PACKAGED = 'vanilladet/configs/retinanet_vanilla13'

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
import * as tf from '@tensorflow/tfjs-core'
import { VanillaNet } from 'vanilladet/backbones'
const net = new VanillaNet({ dims: [4, 8, 8], strides: [2, 2], actNum: 1, outIndices: [0, 1] })
const images = tf.zeros([1, 64, 96, 3])
console.log(JSON.stringify(net.forward(images).map((feature) => feature.shape)))
`

/** What TensorFlow.js can differentiate, and its operations that are methods of tensors. */
const REGISTERED = `
import * as tf from '@tensorflow/tfjs-core'
import 'vanilladet/ops'
const kernels = Object.values(tf).filter((name) => typeof name === 'string')
const gradients = kernels.filter((name) => tf.getGradient(name) !== undefined)
console.log(JSON.stringify({ gradients, methods: Object.keys(tf.Tensor.prototype).sort() }))
`

/** Trains a backbone as programs do that were written with all of TensorFlow.js. */
const WITH_TFJS = `
import * as tf from '@tensorflow/tfjs'
import * as core from '@tensorflow/tfjs-core'
import { VanillaNet } from 'vanilladet/backbones'
const net = new VanillaNet({ dims: [4, 8], strides: [2], actNum: 1, outIndices: [0] }).initialize(0)
const images = tf.randomNormal([1, 32, 32, 3], 0, 1, 'float32', 1)
const pool = tf.layers.globalAveragePooling2d({})
const lossOf = () => pool.apply(net.forward(images, { training: true })[0]).sub(1).square().mean()
const optimizer = tf.train.sgd(0.01)
const losses = [0, 1, 2].map(() => optimizer.minimize(lossOf, true).dataSync()[0])
console.log(tf.Tensor === core.Tensor, losses[2] < losses[0])
`

/** Imports every door, and COCO evaluation, which is inside. */
const DOORS = `
const doors = ['', '/necks', '/heads', '/detectors', '/classifiers', '/nn', '/ops', '/engine', '/datasets', '/training', '/deploy', '/weights', '/evaluation', '/benchmark']
const names = await Promise.all(doors.map(async (door) => Object.keys(await import('vanilladet' + door))))
console.log(names.every((list) => list.length > 0))
const { COCO, COCOeval } = await import('vanilladet/pycocotools')
const empty = new COCO({ images: [], annotations: [], categories: [] })
console.log(new COCOeval(empty, empty, 'bbox').params.iouThrs.length)
`

/** COCO evaluation by the name of its own package, and what the library itself makes of it. */
const BY_NAME = `
import { COCO } from 'pycocotools-js'
import * as door from 'vanilladet/pycocotools'
import { generateShapes, loadCoco } from 'vanilladet/datasets'
const shapes = await generateShapes({ directory: 'shapes', count: 1, size: [64, 64], seed: 1 })
const { groundTruth } = await loadCoco({ ...shapes, mode: 'test' })
console.log(COCO === door.COCO, groundTruth instanceof COCO)
`

/** Types by either name are the same: classes with private members fit no others. */
const TYPES_BY_NAME = `
import { COCO, COCOeval, type CocoResult } from 'pycocotools-js'
import { COCO as Same } from 'vanilladet/pycocotools'

export const same: COCO = new Same({ images: [], annotations: [], categories: [] })
export const results: CocoResult[] = [{ image_id: 1, category_id: 1, bbox: [0, 0, 2, 2], score: 1 }]
// @ts-expect-error: no such kind of results
new COCOeval(same, same, 'boxes')
`

/** The types of everything. */
const ALL_DOORS = `
import * as vanilladet from 'vanilladet'
${[
  'necks',
  'heads',
  'detectors',
  'classifiers',
  'nn',
  'ops',
  'engine',
  'datasets',
  'training',
  'deploy',
  'weights',
  'evaluation',
  'benchmark',
  'pycocotools',
  'backbones',
]
  .map((door) => `import * as ${door} from 'vanilladet/${door}'\nexport { ${door} }`)
  .join('\n')}
import config from 'vanilladet/configs/retinanet_vanilla13'
export { vanilladet, config }
`

/** A backbone of one's own, in TypeScript that only a compiler runs. */
const OWN_NET = `
import { backbones } from 'vanilladet'
import { VanillaNet } from 'vanilladet/backbones'
import { z } from 'zod'
enum Width { Least = 4 }
declare module 'vanilladet' { interface BackboneRegistry { Mine: object } }
backbones.register('Mine', {
  schema: z.object({}),
  create: () => new VanillaNet({ dims: [Width.Least, 8, 8], strides: [2, 2], actNum: 1, outIndices: [0, 1] }),
})
`

/** A user's own backbone, checked by the package's types. */
const TYPES = `
import type * as tf from '@tensorflow/tfjs-core'
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
    return [images.mul(2)]
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

/** Holds the packed file and `project`. */
let folder: string
let tarball: string
/** An empty project that has installed the packed file alone. */
let project: string

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vanilladet-'))
  project = join(folder, 'project')
  await mkdir(project)
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'empty', version: '1.0.0', type: 'module' }),
  )
  await run('npm', ['pack', '--pack-destination', folder], ROOT)
  const packed = (await readdir(folder)).find((file) => file.endsWith('.tgz')) ?? ''
  tarball = join(folder, packed)
  await run('npm', ['install', ...INSTALL, tarball], project)
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

/** What the compiler prints about a file of `project`; nothing where its types hold. */
async function typeErrors(file: string, ...options: string[]): Promise<string> {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [compiler, '--strict', '--noEmit', ...options, file]
  return execute('node', args, { cwd: project }).then(
    ({ stdout }) => stdout,
    ({ stdout }) => stdout,
  )
}

/** Runs something where esbuild is not installed. */
async function withoutBundler(use: () => Promise<unknown>): Promise<void> {
  const bundler = join(project, 'node_modules', 'esbuild')
  await rename(bundler, join(folder, 'esbuild'))
  await use().finally(() => rename(join(folder, 'esbuild'), bundler))
}

/** How many files of a name are installed, each counted once. */
async function copiesOf(name: string): Promise<number> {
  const packages = join(project, 'node_modules')
  const names = await readdir(packages, { recursive: true })
  const found = names.filter((path) => basename(path) === name)
  return new Set(await Promise.all(found.map((path) => realpath(join(packages, path))))).size
}

const vanilladet = (...args: string[]) => run('npx', ['vanilladet', ...args], project)
const installed = (...path: string[]) => join(project, 'node_modules', 'vanilladet', ...path)

test.serial('publint has nothing to say about the packed file', async (t) => {
  const { buffer } = await readFile(tarball)
  const { messages } = await publint({ pack: { tarball: buffer }, strict: true })
  t.deepEqual(messages, [])
})

test.serial('the packed package runs in plain Node', async (t) => {
  await writeFile(join(project, 'use.js'), USE)
  t.is(await run('node', ['use.js'], project), '[[1,8,12,8],[1,4,6,8]]\n')
  await writeFile(join(project, 'doors.js'), DOORS)
  t.is(await run('node', ['doors.js'], project), 'true\n10\n')
})

test.serial('TensorFlow.js’s core alone has all gradients and methods of tensors', async (t) => {
  t.false(existsSync(join(project, 'node_modules', '@tensorflow', 'tfjs')))
  await writeFile(join(project, 'registered.js'), REGISTERED)
  const { gradients, methods } = JSON.parse(await run('node', ['registered.js'], project))
  const kernels = Object.values(tf).filter((name) => typeof name === 'string')
  t.true(gradients.length > 90)
  t.deepEqual(
    gradients,
    kernels.filter((name) => tf.getGradient(name) !== undefined),
  )
  t.deepEqual(methods, Object.keys(tf.Tensor.prototype).sort())
})

test.serial(
  'pycocotools-js is there by its name, once, and is what the library runs',
  async (t) => {
    await writeFile(join(project, 'by_name.js'), BY_NAME)
    t.is(await run('node', ['by_name.js'], project), 'true true\n')
    t.is(await copiesOf('coco_eval.js'), 1)
    t.regex(await run('npx', ['pycocotools-js', '--version'], project), /^\d+\.\d+\.\d+\n$/)

    await writeFile(join(project, 'by_name.ts'), TYPES_BY_NAME)
    for (const [module, resolution] of Object.entries({ node16: 'node16', esnext: 'bundler' })) {
      const options = ['--module', module, '--moduleResolution', resolution]
      t.is(await typeErrors('by_name.ts', ...options, '--target', 'es2022'), '', resolution)
    }
  },
)

test.serial('its types hold a config and a backbone of one’s own', async (t) => {
  await writeFile(join(project, 'config.ts'), TYPES)
  const options = ['--module', 'nodenext', '--target', 'es2022']
  t.is(await typeErrors('config.ts', ...options, '--skipLibCheck'), '')
  await writeFile(join(project, 'all.ts'), ALL_DOORS)
  // TensorFlow.js's own types have errors.
  const errors = await typeErrors('all.ts', ...options, '--skipLibCheck', 'false')
  t.deepEqual(
    errors.split('\n').filter((line) => /vanilladet|^all/.test(line)),
    [],
  )
})

test.serial('its commands run a config that registers a backbone', async (t) => {
  const { config: experiment } = await tinyExperiment(t)
  const { model, ...rest } = experiment
  const own = { ...model, backbone: { type: 'Mine' } }
  await writeFile(join(project, 'net.ts'), OWN_NET)
  const mine = `import './net.js'\nexport default ${JSON.stringify({ ...rest, model: own })}`
  await writeFile(join(project, 'mine.ts'), mine)
  const image = join(experiment.data.train.imageDir, '000001.png')
  await vanilladet('train', 'mine.ts', '--max-iters', '1', '--work-dir', 'run')
  const [weights] = (await readdir(join(project, 'run'))).filter((file) =>
    /^[^.]+\.safetensors$/.test(file),
  )
  t.regex(await vanilladet('infer', 'mine.ts', `run/${weights}`, image), /infer_out/)
  await withoutBundler(async () =>
    t.regex(await vanilladet('report', 'run'), /report\.html: \d\.\d MB/),
  )
  await writeFile(join(project, 'mine.json'), JSON.stringify(experiment))
  const small = ['mine.json', '--shape', '64', '64']
  t.regex(await vanilladet('get_flops', ...small), /^mine\.json.*\nparameters/m)
  t.regex(await vanilladet('get_flops', PACKAGED), /parameters +75\.38 M/)

  // What is built beside the sources is the same copy.
  const built = OWN_NET.replace("'vanilladet/backbones'", `'${ROOT}dist/backbones/index.js'`)
  await writeFile(join(folder, 'net.ts'), built.replace("'vanilladet'", `'${ROOT}dist/index.js'`))
  await writeFile(join(folder, 'mine.ts'), mine)
  const counted = ['bin/vanilladet.js', 'get_flops', join(folder, 'mine.ts')]
  t.regex(await run('node', [...counted, '--shape', '64', '64'], ROOT), /parameters/)
})

test.serial('TensorFlow.js’s native backends are peers that npm does not install', async (t) => {
  const manifest = JSON.parse(await readFile(installed('package.json'), 'utf8'))
  for (const name of TENSORFLOW_PACKAGES) {
    t.is(manifest.peerDependencies[name], '4.22.0')
    t.deepEqual(manifest.peerDependenciesMeta[name], { optional: true })
    t.false(existsSync(join(project, 'node_modules', name)))
  }
})

test.serial(
  'a network that imports TensorFlow.js whole runs where that is installed',
  async (t) => {
    const net = `import '@tensorflow/tfjs'\nexport { default } from '${PACKAGED}'`
    await writeFile(join(project, 'whole.ts'), net)
    const flops = ['vanilladet', 'get_flops', 'whole.ts']
    const { code, stderr } = await execute('npx', flops, { cwd: project }).catch((error) => error)
    t.is(code, 2)
    t.is(
      stderr,
      "error: whole.ts: imports '@tensorflow/tfjs', which is not installed; import '@tensorflow/tfjs-core', which comes with vanilladet, or npm install @tensorflow/tfjs@4.22.0\n",
    )

    await run('npm', ['install', ...INSTALL, '@tensorflow/tfjs@4.22.0'], project)
    t.regex(await vanilladet('get_flops', 'whole.ts'), /parameters +75\.38 M/)
    await writeFile(join(project, 'with_tfjs.js'), WITH_TFJS)
    t.is(await run('node', ['with_tfjs.js'], project), 'true true\n')
    t.is(await copiesOf('tf-core.node.js'), 1)
    await writeFile(join(project, 'config.ts'), TYPES.replace('tfjs-core', 'tfjs'))
    const options = ['--module', 'nodenext', '--target', 'es2022', '--skipLibCheck']
    t.is(await typeErrors('config.ts', ...options), '')
  },
)

test.serial('it has no install script, and the configs that are named', async (t) => {
  const { scripts } = JSON.parse(await readFile(installed('package.json'), 'utf8'))
  for (const name of ['preinstall', 'install', 'postinstall']) t.is(scripts[name], undefined)
  const { files } = JSON.parse(await readFile(join(ROOT, 'tsconfig.build.json'), 'utf8'))
  const configs = (await readdir(installed('dist', 'configs'))).filter((file) =>
    file.endsWith('.js'),
  )
  t.deepEqual(
    configs.map((file) => `configs/${file.replace('.js', '.ts')}`).sort(),
    files.filter((file: string) => file.startsWith('configs/')).sort(),
  )
})

test('what is built is named: doors, commands, and the configs that git knows', async (t) => {
  const { include, files } = JSON.parse(await readFile(join(ROOT, 'tsconfig.build.json'), 'utf8'))
  t.deepEqual(include, [])
  const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const doors = Object.values<{ default?: string }>(exports).flatMap(({ default: file }) =>
    file === undefined || file.includes('*') ? [] : [file],
  )
  for (const file of doors) t.true(files.includes(file.slice(7).replace(/js$/, 'ts')), file)
  const launcher = await readFile(join(ROOT, 'bin', 'vanilladet.js'), 'utf8')
  const table = /const COMMANDS = \{(.+?)\n\}/s.exec(launcher)?.[1] ?? ''
  const commands = [...table.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => `tools/${name}.ts`)
  t.true(commands.length > 10)
  for (const file of commands) t.true(files.includes(file), file)
  const tracked = (await run('git', ['ls-files', 'configs'], ROOT)).trim().split('\n')
  t.deepEqual(
    files.filter((file: string) => file.startsWith('configs/')),
    tracked.filter((file) => !file.startsWith('configs/_base/')),
  )
})

test('npm ci runs no install script, since the lock file names none', async (t) => {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'))
  const packages = Object.entries<{ hasInstallScript?: boolean }>(lock.packages)
  const named = packages.filter(([, { hasInstallScript }]) => hasInstallScript)
  const fix = 'remove its hasInstallScript from package-lock.json: CONTRIBUTING.md says why'
  t.deepEqual(
    named.map(([name]) => `${name}: ${fix}`),
    [],
  )
})
