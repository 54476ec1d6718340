/** ONNX Runtime keeps to itself what it does: no file of its own, and no look-up of a host. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../datasets/coco_folder.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const urlOf = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href)

/** Runs a small graph with our engine. */
const OURS = `
  const { compile, floats } = await import(${urlOf('engine/index.ts')})
  const same = compile(({ x }) => ({ y: x.add(1) }), { name: 'addOne' })
  const { y } = await same.run({ x: floats([1, 2], [2]) })
  console.log(y.data.join())
  await same.dispose()
`
/** Has onnxruntime-node itself refuse a graph, for which it starts all there is of it. */
const THEIRS = `
  const { loadOnnxruntimeNode } = await import(${urlOf('bench/onnxruntime_node.ts')})
  const ort = await loadOnnxruntimeNode()
  await ort.InferenceSession.create(new Uint8Array(4)).catch(() => console.log('2,3'))
`
const TSX = JSON.stringify(import.meta.resolve('tsx/esm/api'))
/** The same in a worker thread, whose \`process.env\` is its own. */
const IN_WORKER = `
  const { Worker } = await import('node:worker_threads')
  const source = ${JSON.stringify(`import(${TSX}).then(async ({ register }) => { register(); ${OURS} })`)}
  new Worker(source, { eval: true, execArgv: [] })
`

/**
 * Runs a program in a home of its own; returns the files that it leaves there, and what it looked
 * up where that is traced.
 */
async function leftBy(
  t: ExecutionContext,
  program: string,
  { env = {}, tracer = [] }: { env?: NodeJS.ProcessEnv; tracer?: string[] } = {},
): Promise<string[]> {
  const home = await temporaryFolder(t)
  for (const name of ['cache', 'tmp', 'here']) await mkdir(join(home, name))
  const folders = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), TMPDIR: join(home, 'tmp') }
  // Nothing is inherited: ONNX Runtime also keeps to itself where it sees the variables of a build
  // server, as CI.
  const inherited = { PATH: process.env.PATH }
  const [file, ...args] = [
    ...tracer,
    process.execPath,
    ...[`--import=${import.meta.resolve('tsx')}`, '--input-type=module', '--eval', program],
  ]
  const { stdout } = await promisify(execFile)(file, args, {
    cwd: join(home, 'here'),
    env: { ...inherited, ...folders, ...env },
  })
  t.is(stdout, '2,3\n')
  const files = await readdir(home, { recursive: true, withFileTypes: true })
  return files
    .filter((entry) => !entry.isDirectory() && !entry.parentPath.includes('/tsx-'))
    .map((entry) => relative(home, join(entry.parentPath, entry.name)))
    .sort()
}

for (const [title, program] of [
  ['our engine', OURS],
  ['onnxruntime-node', THEIRS],
  ['our engine in a worker thread', IN_WORKER],
] as const) {
  test.serial(`${title} leaves no file behind`, async (t) => {
    t.deepEqual(await leftBy(t, program), [])
  })
}

test.serial('what the user has set stays, in a worker thread too', async (t) => {
  if (process.platform !== 'linux')
    return t.pass('not run: elsewhere ONNX Runtime keeps no such files')
  const env = { ORT_DISABLE_TELEMETRY: '0' }
  for (const program of [OURS, IN_WORKER]) {
    const files = await leftBy(t, program, { env })
    t.true(
      files.some((file) => file.endsWith('/deviceid')),
      files.join(),
    )
  }
})

test.serial('no host is looked up', async (t) => {
  const tracer = ['strace', '-f', '-qq', '-e', 'trace=connect', '-o']
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) {
    return t.pass('not run: strace is not here, or may not trace')
  }
  const trace = join(await temporaryFolder(t), 'trace')
  // Events go out ten seconds after the library is loaded.
  const program = `${OURS}; await new Promise((resolve) => setTimeout(resolve, 12_000))`
  await leftBy(t, program, { tracer: [...tracer, trace] })
  t.notRegex(await readFile(trace, 'utf8'), /AF_INET/)
})

test('the package onnxruntime-node is loaded in one place only', async (t) => {
  const skipped = /(^|\/)(node_modules|dist|work_dirs|data|\.\w+)(\/|$)/
  const files = (await readdir(ROOT, { recursive: true })).filter(
    (file) => /\.(m?[jt]s)$/.test(file) && !skipped.test(file),
  )
  const loads = /^import (?!type ).*from 'onnxruntime-node'|import\('onnxruntime-node'\)/m
  const loading: string[] = []
  for (const file of files) {
    if (loads.test(await readFile(join(ROOT, file), 'utf8'))) loading.push(file)
  }
  t.deepEqual(loading, ['bench/onnxruntime_node.ts'])
})
