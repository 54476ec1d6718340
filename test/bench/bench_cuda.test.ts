/**
 * What runs on a GPU machine, here on the processor: the bundle in its shortest form, with no
 * repository about it.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { planParts } from '../../bench/cuda/plan.js'
import { inTurns } from '../../bench/cuda/turns.js'
import { type CudaDocument, isFailure } from '../../benchmark/cuda_document.js'
import { openMemory } from '../../engine/index.js'
import { readCuda } from '../../report/cuda_file.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSX = import.meta.resolve('tsx')
const run = promisify(execFile)

/** Runs a program; its exit code and what it printed, also where it failed. */
async function outcomeOf(args: string[], cwd = ROOT) {
  const outcome = run(process.execPath, args, { cwd, env: { ...process.env, NODE_PATH: '' } })
  return outcome.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )
}

test.serial(
  'the bundle measures and writes a document, and goes on with an earlier one',
  async (t) => {
    const folder = join(await temporaryFolder(t), 'bundle')
    const bundled = await outcomeOf([`--import=${TSX}`, 'bench/cuda/bundle.ts', folder])
    t.is(bundled.code, 0, bundled.stderr)
    const files = await readdir(folder, { recursive: true })
    const sizes = await Promise.all(
      files.map(async (name) => (await stat(join(folder, name))).size),
    )
    t.true(sizes.reduce((sum, size) => sum + size) < 20e6)
    // For onnxruntime-node alone
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))

    const command = (...args: string[]) =>
      outcomeOf(['bench_cuda.mjs', '--device', 'cpu', '--short', ...args], folder)
    const out = join(folder, 'first.json')
    const first = await command('--only', 'parity', '--out', out)
    t.is(first.code, 0, first.stderr)
    const document = await readCuda(out)
    t.is(document.parity.length, 1)
    const [parity] = document.parity
    if (isFailure(parity)) return t.fail(parity.error)
    t.is(parity.losses.device.length, 3)
    t.deepEqual(parity.losses.device, parity.losses.cpu, 'the processor agrees with itself')
    t.true((parity.placement.CPUExecutionProvider ?? 0) > 100)
    t.is(document.missing.length, planParts({ device: 'cpu', short: true }).length - 1)
    t.is(document.missing[0].reason, '--only parity leaves it out')

    // As if time had passed before all but two parts.
    const names = ['train/mask_rcnn_vanilla13/fp32/1', 'inference/mask_rcnn/fp32/1']
    const others = planParts({ device: 'cpu', short: true }).filter(
      ({ name }) => !names.includes(name),
    )
    const done = others.map(({ name }) => ({ ...parity, part: name }))
    await writeFile(out, JSON.stringify({ ...document, parity: done } satisfies CudaDocument))
    const second = await command('--continue', out, '--out', join(folder, 'second.json'))
    t.is(second.code, 0, second.stderr)
    t.regex(second.stdout, /mask_rcnn_swin_t: ours \d+\.\d ms, PyTorch not asked/)
    const { training, inference, missing } = await readCuda(join(folder, 'second.json'))
    t.deepEqual(missing, [])
    t.deepEqual(
      [...training, ...inference].map((row) =>
        isFailure(row) ? row.error : [row.part, row.config],
      ),
      [
        [names[0], 'mask_rcnn_vanilla13'],
        [names[1], 'mask_rcnn_vanilla13'],
        [names[1], 'mask_rcnn_swin_t'],
      ],
    )
    for (const row of [...training, ...inference]) {
      if (isFailure(row) || isFailure(row.ours)) return t.fail()
      t.is(row.ours.perTurn.length, 2)
      t.true(row.ours.imagesPerSecond > 0)
      t.deepEqual(row.ours.moved, { up: 0, down: 0 }, 'nothing leaves the processor')
      t.false('torch' in row)
    }
    const raw = JSON.parse(await readFile(out, 'utf8'))
    t.is(raw.machine.onnxruntime, '1.29.0')

    if (hasCuda()) return t.log('skipped the answer to a missing GPU: there is one')
    const gpu = await outcomeOf(['bench_cuda.mjs', '--device', 'cuda', '--short'], folder)
    t.is(gpu.code, 2)
    t.regex(gpu.stderr, /^error: cuda: [^;]+; \S/m)
  },
)

function hasCuda(): boolean {
  try {
    openMemory({ device: 'cuda' })
    return true
  } catch {
    return false
  }
}

test('a side that fails leaves the others to go on', async (t) => {
  let taken = 0
  const steady = { step: async () => ++taken }
  const breaking = { step: () => Promise.reject(new Error('out of memory\nat some place')) }
  const times = await inTurns([steady, breaking, { error: 'never loaded' }], { turns: 2, steps: 2 })
  t.deepEqual(times, [
    [
      [2, 3],
      [5, 6],
    ],
    { error: 'out of memory' },
    { error: 'never loaded' },
  ])
})

test('the plan names each part once, and begins with losses and the fastest precision', (t) => {
  const names = planParts({ device: 'cuda', short: false }).map(({ name }) => name)
  t.is(new Set(names).size, names.length)
  t.is(names.length, 3 + 2 * 3 * 3 + 2 * 3 * 2)
  t.deepEqual(names.slice(0, 3), [
    'parity/retinanet_tiny_shapes',
    'train/retinanet_vanilla13/fp16/2',
    'train/mask_rcnn_vanilla13/fp16/2',
  ])
})
