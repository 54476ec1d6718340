/** The page on parts of one's own: its files are written, checked, and used by the commands. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { augmentImage, type Transform } from '../../datasets/augment.js'
import { generateShapes } from '../../datasets/shapes.js'
import { compile } from '../../engine/compile.js'
import { floats, type HostTensor } from '../../host_tensor.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { sample } from '../datasets/sample.js'
import { assertClose } from '../helpers/assert_close.js'
import { runCommand } from '../tools/run_command.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)

/** The code blocks of the page that name a file, in a folder. */
async function filesOfPage(t: ExecutionContext): Promise<string> {
  const workDirs = join(ROOT, 'work_dirs')
  await mkdir(workDirs, { recursive: true })
  const folder = await mkdtemp(join(workDirs, 'extend-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const text = await readFile(join(ROOT, 'docs', 'extend.md'), 'utf8')
  for (const [, name, code] of text.matchAll(/^```ts (\w+\.ts)\n(.*?)^```$/gms)) {
    await writeFile(join(folder, name), code)
  }
  return folder
}

/** Imports a file of the page, with the sources in the place of the package. */
async function load<Exports>(folder: string, name: string): Promise<Exports> {
  const path = join(folder, name)
  const text = await readFile(path, 'utf8')
  const source = (_: string, room: string) => `'${pathToFileURL(join(ROOT, room, 'index.ts'))}'`
  await writeFile(path, text.replaceAll(/'vanilladet\/(\w+)'/g, source))
  return import(pathToFileURL(path).href)
}

test('a backbone, a neck and a head train, export, and are timed and counted', async (t) => {
  const folder = await filesOfPage(t)
  await generateShapes({ directory: join(folder, 'shapes'), count: 16, size: [96, 96], seed: 0 })
  const config = join(folder, 'own_config.ts')
  const run = async (command: string, ...args: string[]) => {
    const { code, stdout, stderr } = await runCommand(command, [config, ...args], { cwd: folder })
    t.is(code, 0, stderr)
    return stdout
  }

  const workDir = join(folder, 'run')
  await run('train', '--work-dir', workDir)
  const lines = (await readFile(join(workDir, 'metrics.jsonl'), 'utf8')).trim().split('\n')
  const losses = lines.map((line) => JSON.parse(line).loss)
  t.is(losses.length, 8)
  t.true(losses[7] < 0.6 * losses[0], `${losses}`)
  t.regex(await readFile(join(workDir, 'evaluations.jsonl'), 'utf8'), /"AP":/)

  const onnx = join(folder, 'own.onnx')
  const shape = ['--shape', '96', '96']
  await run('export_onnx', workDir, onnx, ...shape)
  t.true((await readFile(onnx)).byteLength > 10_000)

  const timed = ['--runs', '1', '--repeats', '2', '--warmup', '1', '--no-memory', '--json']
  const { rows } = JSON.parse(await run('benchmark', ...shape, ...timed))
  t.true(rows[0].networkMs.median > 0 && rows[0].detections > 0, JSON.stringify(rows[0]))
  const counted = JSON.parse(await run('get_flops', ...shape, '--json'))
  t.is(counted.params, 28_663)
})

test('the files of the page have the types that they say', async (t) => {
  const folder = await filesOfPage(t)
  const paths = { vanilladet: ['../../index.ts'], 'vanilladet/*': ['../../*/index.ts'] }
  const options = { extends: '../../tsconfig.json', compilerOptions: { paths }, include: ['*.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ ...options, exclude: [] }))
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await execute(process.execPath, [tsc, '-p', folder]).catch((error) => error)
  t.is(stdout, '')
})

test('a transform leaves out what is tiny', async (t) => {
  type Page = { transforms(options: object): Transform[] }
  const { transforms } = await load<Page>(await filesOfPage(t), 'own_augmentation.ts')
  const image = sample(
    [50, 100],
    [
      [0, 0, 10, 10],
      [20, 20, 24, 40],
    ],
  )
  const list = transforms({ scales: [[100, 50]], flip: 0 })
  const placed = augmentImage([image], 0, list, { group: [0], random: new Random(0) })
  t.deepEqual([...placed.labels], [0])
  t.deepEqual(placed.objects, [0])
  assertClose(t, placed.boxesXyxy, [0, 0, 10, 10], 0)
})

test('a format of lines becomes COCO’s', async (t) => {
  type Page = { cocoOfLines(lines: string[]): Record<string, object[]> }
  const { cocoOfLines } = await load<Page>(await filesOfPage(t), 'own_format.ts')
  const lines = ['a.png,64,48,dog,1,2,10,20', 'b.png,32,32,cat,0,0,5,5', 'a.png,64,48,cat,3,3,4,4']
  const { images, categories, annotations } = cocoOfLines(lines)
  t.deepEqual(images[0], { id: 1, file_name: 'a.png', width: 64, height: 48 })
  t.deepEqual(categories, [
    { id: 1, name: 'cat' },
    { id: 2, name: 'dog' },
  ])
  const [first, , third] = annotations as Record<string, unknown>[]
  t.deepEqual([first.category_id, first.bbox, first.area], [2, [1, 2, 10, 20], 200])
  t.deepEqual([third.image_id, third.category_id], [1, 1])
})

test('a kernel that had no rule is traced', async (t) => {
  const values = floats([-2, 0, 0.5, 3], [4])
  const run = () =>
    compile(({ x }: { x: tf.Tensor }) => tf.asinh(x), { name: 'own' }).run({ x: values })
  await t.throwsAsync(run(), { message: /Asinh/ })
  await load(await filesOfPage(t), 'own_kernel.ts')
  const result = await run()
  assertClose(t, (result as HostTensor).data, [...values.data].map(Math.asinh), 1e-6)
})
