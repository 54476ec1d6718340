/**
 * The package from a fresh clone on: `npm ci`, `npm pack`, and installed in an empty project in
 * each way that the README names, with npm's scripts. Needs a npm registry, or npm's cache, and
 * nothing else.
 *
 * Run: npm run check:package
 */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateShapes } from '../../datasets/index.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const QUIET = ['--prefer-offline', '--no-audit', '--no-fund']

/** How onnxruntime-node is kept from downloading CUDA. */
const INSTALLS: Record<string, { npmrc?: string; args?: string[]; env?: NodeJS.ProcessEnv }> = {
  'ONNXRUNTIME_NODE_INSTALL=skip': { env: { ONNXRUNTIME_NODE_INSTALL: 'skip' } },
  'onnxruntime-node-install=skip in .npmrc': { npmrc: 'onnxruntime-node-install=skip\n' },
  '--ignore-scripts': { args: ['--ignore-scripts'] },
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
for (const [name, { npmrc, args = [], env }] of Object.entries(INSTALLS)) {
  const project = join(folder, name.replace(/\W/g, '_'))
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "name": "empty", "version": "1.0.0" }\n')
  if (npmrc !== undefined) await writeFile(join(project, '.npmrc'), npmrc)
  run('npm', ['install', ...QUIET, ...args, join(folder, tarball)], project, env)
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
  vanilladet('export_onnx', 'mine.ts', weights, 'mine.onnx', '--shape', '160', '160')
  run('npx', ['pycocotools-js', '--help'], project)
  console.log(`${name}: installed; train, test, infer, report, export_onnx and pycocotools-js ran`)
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
