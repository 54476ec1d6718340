/**
 * The package from a fresh clone on: `npm ci`, `npm pack`, and installed in an empty project in
 * each way that the README names, with npm's scripts, and beside TensorFlow.js whole. Needs a npm
 * registry, or npm's cache, and nothing else.
 *
 * Run: npm run check:package
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateShapes } from '../../datasets/index.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TFJS = '@tensorflow/tfjs@4.22.0'
const QUIET = ['--prefer-offline', '--no-audit', '--no-fund']

/** How onnxruntime-node is kept from downloading CUDA. */
const INSTALLS: Record<string, { npmrc?: string; args?: string[]; env?: NodeJS.ProcessEnv }> = {
  'ONNXRUNTIME_NODE_INSTALL=skip': { env: { ONNXRUNTIME_NODE_INSTALL: 'skip' } },
  'onnxruntime-node-install=skip in .npmrc': { npmrc: 'onnxruntime-node-install=skip\n' },
  '--ignore-scripts': { args: ['--ignore-scripts'] },
  [`--ignore-scripts ${TFJS}`]: { args: ['--ignore-scripts', TFJS] },
}

const folder = await mkdtemp(join(tmpdir(), 'package-'))
const clone = join(folder, 'clone')
run('git', ['clone', '--quiet', ROOT, clone], folder)
run('npm', ['ci', ...QUIET], clone)
await writeFile(join(clone, 'configs', 'mine.ts'), 'export default {}\n')
run('npm', ['pack', '--pack-destination', folder], clone)
const tarball = (await readdir(folder)).find((file) => file.endsWith('.tgz')) ?? ''
const listed = run('tar', ['tzf', join(folder, tarball)], folder)
require(listed.includes('package/dist/index.js'), 'the code is packed')
require(!listed.includes('configs/mine'), 'a config of one’s own is not packed')

const shapes = { directory: join(folder, 'shapes'), count: 8, size: [160, 160] as const, seed: 1 }
const { annFile, imageDir } = await generateShapes(shapes)
const MINE = `
import { backbones, defineConfig } from 'vanilladet'
import { VanillaNet } from 'vanilladet/backbones'
import base from 'vanilladet/configs/retinanet_tiny_shapes'
import { z } from 'zod'
declare module 'vanilladet' { interface BackboneRegistry { Mine: object } }
backbones.register('Mine', {
  schema: z.object({}),
  create: () => new VanillaNet({ dims: [8, 16, 16], strides: [2, 2], actNum: 1, outIndices: [0, 1] }),
})
const split = ${JSON.stringify({ annFile, imageDir })}
const { head, neck, ...model } = base.model as Extract<typeof base.model, { type: 'RetinaNet' }>
const data = { ...base.data!, train: split, val: split }
export default defineConfig({
  ...base, data, model: { ...model, backbone: { type: 'Mine' }, neck: { type: 'FPN', numOuts: 2 }, head },
})
`
const BY_NAME = `
import { writeFileSync } from 'node:fs'
import { getGradient } from '@tensorflow/tfjs-core'
import { COCO } from 'pycocotools-js'
import config from 'vanilladet/configs/retinanet_tiny_shapes'
import 'vanilladet/ops'
import * as door from 'vanilladet/pycocotools'
writeFileSync('plain.json', JSON.stringify(config))
console.log(COCO === door.COCO, getGradient('Conv2D') !== undefined)
`
for (const [name, { npmrc, args = [], env }] of Object.entries(INSTALLS)) {
  const project = join(folder, name.replace(/\W/g, '_'))
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "name": "empty", "version": "1.0.0" }\n')
  if (npmrc !== undefined) await writeFile(join(project, '.npmrc'), npmrc)
  run('npm', ['install', ...QUIET, ...args, join(folder, tarball)], project, env)
  const isThere = (path: string) => existsSync(join(project, 'node_modules', path))
  for (const path of ['tfjs-node', 'tfjs-node-gpu'])
    require(!isThere(`@tensorflow/${path}`), `npm leaves ${path} alone`)
  const isWhole = isThere('@tensorflow/tfjs')
  require(isWhole === args.includes(TFJS), 'TensorFlow.js is whole where that is asked for')
  await writeFile(join(project, 'by_name.mjs'), BY_NAME)
  const shared = run('node', ['by_name.mjs'], project)
  require(shared === 'true true\n', `the library and a project share modules (${shared})`)
  const files = readdirSync(join(project, 'node_modules'), { recursive: true, encoding: 'utf8' })
  const cores = files.filter((file) => basename(file) === 'tf-core.node.js')
  require(cores.length === 1, `TensorFlow.js's core is there once (${cores})`)
  await writeFile(join(project, 'mine.ts'), MINE)
  const vanilladet = (...args: string[]) => run('npx', ['vanilladet', ...args], project)
  vanilladet('train', 'mine.ts', '--max-iters', '1')
  const saved = (await readdir(join(project, 'work_dirs', 'mine'))).find((file) =>
    /^[^.]+\.safetensors$/.test(file),
  )
  const weights = `work_dirs/mine/${saved}`
  vanilladet('test', 'mine.ts', weights)
  vanilladet('infer', 'mine.ts', weights, imageDir)
  vanilladet('report', 'work_dirs/mine')
  vanilladet('get_flops', 'plain.json')
  vanilladet('export_onnx', 'mine.ts', weights, 'mine.onnx', '--shape', '160', '160')
  run('npx', ['pycocotools-js', '--help'], project)
  console.log(
    `${name}: installed; train, test, infer, report, get_flops, export_onnx and pycocotools-js ran`,
  )
}
await rm(folder, { recursive: true })

/** Runs a program to its end; a failure ends this check with what it printed. */
function run(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const options = { cwd, env: { ...process.env, ...env }, encoding: 'utf8' as const }
  const { status, stdout, stderr } = spawnSync(program, args, options)
  require(status === 0, `${program} ${args.join(' ')} runs (${cwd})\n${stdout}\n${stderr}`)
  return stdout
}

function require(isTrue: boolean, fact: string): void {
  if (isTrue) return
  console.error(`Not so: ${fact}`)
  process.exit(1)
}
