/**
 * The package as a stranger gets it: built, packed and installed alone; and what of it runs in a
 * browser.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { build } from 'esbuild'
import { PET_RESULTS, PET_STATS, PETS } from './golden_set.js'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
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

let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pycocotools-js-'))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

/** Builds and packs a copy, so that the checkout, which other tests run, stays as it is. */
async function pack(): Promise<string> {
  const copy = join(folder, 'packages', 'pycocotools-js')
  await mkdir(copy, { recursive: true })
  for (const name of [
    'source',
    'bin',
    'package.json',
    'tsconfig.build.json',
    'README.md',
    'LICENSE',
  ])
    await cp(join(PACKAGE, name), join(copy, name), { recursive: true })
  await cp(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  await run('npm', ['run', 'build'], copy)
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  return join(folder, fileNameOf(JSON.parse(await run('npm', args, copy))))
}

/** npm 11 gives a list, later ones may give a record by name. */
function fileNameOf(packed: { filename: string }[] | Record<string, { filename: string }>): string {
  return Object.values(packed)[0].filename
}

const USE = `
import { COCO, COCOeval, STAT_NAMES } from 'pycocotools-js'
const groundTruth = await COCO.load('pets.json')
const evaluation = new COCOeval(groundTruth, await groundTruth.loadRes('found.json'), 'bbox', { print: () => {} })
evaluation.evaluate()
evaluation.accumulate()
console.log(JSON.stringify([STAT_NAMES[0], evaluation.summarize()]))
`

/** Checked by the types that the package ships, in a project for browsers and in one for Node. */
const TYPES = `
import { COCO, COCOeval, type CocoDataset, type CocoResult, type NdArray } from 'pycocotools-js'

const dataset: CocoDataset = { images: [{ id: 1 }], annotations: [], categories: [{ id: 1, name: 'cat' }] }
const results: CocoResult[] = [{ image_id: 1, category_id: 1, bbox: [0, 0, 2, 2], score: 1 }]
const groundTruth = new COCO(dataset)
const evaluation = new COCOeval(groundTruth, groundTruth.loadRes(results), 'bbox')
evaluation.params.maxDets = [1, 10, 100]
evaluation.evaluate()
evaluation.accumulate()
export const stats: number[] = evaluation.summarize()
export const precision: NdArray | undefined = evaluation.eval?.precision
export const loaded: Promise<COCO> = COCO.load('annotations.json')
// @ts-expect-error: no such kind of results
new COCOeval(groundTruth, groundTruth, 'boxes')
`

test('the packed package installs alone, and its library, its command and its types work', async (t) => {
  const tarball = await pack()
  const project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "name": "empty", "type": "module" }')
  const quiet = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund']
  await run('npm', ['install', ...quiet, tarball], project)

  const installed = join(project, 'node_modules', 'pycocotools-js')
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  t.is(manifest.dependencies, undefined)
  t.true((await readFile(join(installed, 'README.md'), 'utf8')).startsWith('# pycocotools-js'))
  t.regex(await readFile(join(installed, 'LICENSE'), 'utf8'), /Apache License/)

  await writeFile(join(project, 'pets.json'), JSON.stringify(PETS))
  await writeFile(join(project, 'found.json'), JSON.stringify(PET_RESULTS))
  await writeFile(join(project, 'use.js'), USE)
  t.deepEqual(JSON.parse(await run('node', ['use.js'], project)), ['AP', PET_STATS])

  const command = join(project, 'node_modules', '.bin', 'pycocotools-js')
  const args = ['eval', 'pets.json', 'found.json', '--iou-type', 'bbox', '--json']
  t.deepEqual(JSON.parse(await run(command, args, project)).stats, PET_STATS)
  t.is(await run(command, ['--version'], project), `${manifest.version}\n`)

  await writeFile(join(project, 'use.ts'), TYPES)
  await checkTypes(t, project, { types: [], lib: ['es2022', 'dom'] })
  await checkTypes(t, project, { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] })
})

/** Compiles `use.ts` with the declarations that the package ships, which are checked as well. */
async function checkTypes(t: ExecutionContext, project: string, options: object): Promise<void> {
  const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', ...options }
  const config = { compilerOptions, files: ['use.ts'] }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  t.is(await run('node', [compiler, '-p', '.'], project), '')
}

/** What browsers have and the language alone does not. */
function browserGlobals() {
  const lines: string[] = []
  const say = (line: string) => lines.push(line)
  const spoken = { log: say, warn: say, error: say }
  return { lines, console: spoken, structuredClone, TextDecoder, TextEncoder }
}

test('the library runs where there is no Node: no process, no Buffer, no require', async (t) => {
  const { outputFiles } = await build({
    entryPoints: [join(PACKAGE, 'source', 'index.ts')],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'pycocotools',
    write: false,
    logLevel: 'silent',
  })
  const script = outputFiles[0].text
  const others = /["']node:(?!(fs|path|zlib)["'])/
  t.notRegex(script, others, 'only files are read by Node, and only if it is there')

  const context = createContext(browserGlobals())
  t.is(
    runInContext('typeof process + typeof Buffer + typeof require', context),
    'undefined'.repeat(3),
  )
  runInContext(script, context)
  const stats = runInContext(
    `const { COCO, COCOeval } = pycocotools
     const groundTruth = new COCO(${JSON.stringify(PETS)})
     const evaluation = new COCOeval(groundTruth, groundTruth.loadRes(${JSON.stringify(PET_RESULTS)}), 'bbox')
     evaluation.evaluate()
     evaluation.accumulate()
     JSON.stringify(evaluation.summarize())`,
    context,
  )
  t.deepEqual(JSON.parse(stats), PET_STATS)
  t.is(context.lines.length, 12, 'the table goes to console.log')
})
