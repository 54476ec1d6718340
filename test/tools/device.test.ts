/**
 * Commands that are to compute where this machine cannot, and combinations of flags that make no
 * sense.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type DeviceName, openMemory, type Placement } from '../../engine/index.js'
import { ConfigError, DeviceError } from '../../errors.js'
import { type ComputeFlags, openCompute, sayPlacements } from '../../tools/cli/compute_flags.js'
import { configFile, type Outcome, runCommand as run } from './run_command.js'

const CONFIG = 'configs/retinanet_tiny_shapes.ts'
const FLAGS: ComputeFlags = { device: 'cpu', cfgOptions: [] }

/** Why a device cannot be used here; undefined where it can. */
function missing(device: DeviceName): string | undefined {
  try {
    openMemory({ device })
    return undefined
  } catch (error) {
    if (error instanceof DeviceError) return error.message
    throw error
  }
}

for (const device of ['cuda', 'webgpu'] as const) {
  test.serial(`a machine without ${device} is told what it lacks, exit code 2`, async (t) => {
    const why = missing(device)
    if (why === undefined) return t.pass(`not run: this machine has ${device}`)
    const { folder, path } = await configFile(t)
    const workDir = join(folder, 'run')
    const out = join(folder, 'pictures')
    const commands: [string, string[]][] = [
      ['train', [path, '--work-dir', workDir]],
      ['test', [path, 'random', '--json']],
      ['infer', [path, 'random', folder, '--out', out]],
      ['benchmark', [path, '--shape', '64', '64', '--json']],
    ]
    const outcomes: Outcome[] = []
    for (const pair of [commands.slice(0, 2), commands.slice(2)]) {
      const ran = pair.map(([name, args]) => run(name, [...args, '--device', device]))
      outcomes.push(...(await Promise.all(ran)))
    }
    for (const [i, { code, stdout, stderr }] of outcomes.entries()) {
      const [name] = commands[i]
      t.is(code, 2, `${name}: ${stderr}`)
      t.is(stdout, '', name)
      t.true(stderr.endsWith(`error: ${why}\n`), `${name}: ${stderr}`)
      t.notRegex(stderr, /\.[tj]s:\d+/, name)
    }
    t.regex(why, new RegExp(`^${device}: .+; .+$`))
    t.false(existsSync(workDir))
    t.false(existsSync(out))
  })
}

test.serial('precision tf32 is refused on the cpu by train, test and infer', async (t) => {
  const why =
    '--precision is tf32, which only cuda has, not cpu; use --device cuda, or --precision fp32'
  const [trained, tested] = await Promise.all([
    run('train', [CONFIG, '--precision', 'tf32']),
    run('test', [CONFIG, 'random', '--precision', 'tf32']),
  ])
  const inferred = await run('infer', [CONFIG, 'random', '.', '--precision', 'tf32'])
  for (const outcome of [trained, tested, inferred]) {
    t.deepEqual(outcome, { code: 2, stdout: '', stderr: `error: ${why}\n` })
  }
})

test.serial('names that are not known are refused with those that are', async (t) => {
  const [device, precision] = await Promise.all([
    run('infer', [CONFIG, 'random', '.', '--device', 'gpu']),
    run('test', [CONFIG, 'random', '--precision', 'half']),
  ])
  const [engine, counting] = await Promise.all([
    run('train', [CONFIG, '--engine', 'torch']),
    run('get_flops', [CONFIG, '--device', 'cuda']),
  ])
  for (const { code } of [device, precision, engine, counting]) t.is(code, 2)
  t.regex(device.stderr, /'gpu' is invalid\. Allowed choices are cpu, cuda, webgpu\./)
  t.regex(precision.stderr, /'half' is invalid\. Allowed choices are fp32, tf32, fp16\./)
  t.regex(engine.stderr, /'torch' is invalid\. Allowed choices are onnxruntime, tensorflow, tfjs\./)
  t.regex(counting.stderr, /'cuda' is invalid\. This command computes on the cpu only\./)
})

interface Refusal {
  title: string
  flags: Partial<ComputeFlags>
  precision?: 'tf32' | 'fp16'
  message: string
}

const REFUSALS: Refusal[] = [
  {
    title: 'tf32 of a config is refused on the cpu under its name there',
    flags: {},
    precision: 'tf32',
    message:
      'precision is tf32, which only cuda has, not cpu; use --device cuda, or --precision fp32',
  },
  {
    title: 'tf32 is refused on webgpu',
    flags: { device: 'webgpu', precision: 'tf32' },
    message: '--precision is tf32, which only cuda has, not webgpu; use --precision fp32 or fp16',
  },
  {
    title: 'a device is refused for TensorFlow.js',
    flags: { device: 'cuda', engine: 'tfjs' },
    message: '--device is cuda, where --engine tfjs does not compute; leave out one of them',
  },
  {
    title: 'a device is refused for TensorFlow, which finds its own',
    flags: { device: 'cuda', engine: 'tensorflow' },
    message:
      '--device is cuda, where --engine tensorflow does not compute; leave out --device: TensorFlow takes the GPU that it finds',
  },
  {
    title: 'mixed precision is refused without graphs',
    flags: { engine: 'tfjs' },
    precision: 'fp16',
    message:
      'precision is fp16, where --engine tfjs computes in fp32; use --precision fp32, or --engine onnxruntime',
  },
  {
    title: '--allow-cpu-nodes is refused where it does nothing',
    flags: { allowCpuNodes: true },
    message:
      '--allow-cpu-nodes is for other devices than the cpu, which has a kernel for every node; leave it out, or give --device',
  },
]

for (const { title, flags, precision, message } of REFUSALS) {
  test(title, (t) => {
    const open = () => openCompute({ ...FLAGS, ...flags }, precision, t.log)
    t.throws(open, { instanceOf: ConfigError, message })
  })
}

test("the command line's precision goes before the config's", (t) => {
  const compute = openCompute({ ...FLAGS, precision: 'fp32' }, 'fp16', t.log)
  t.is(compute.precision, 'fp32')
  t.is(openCompute(FLAGS, 'fp16', t.log).precision, 'fp16')
  t.is(openCompute(FLAGS, undefined, t.log).device, 'cpu')
})

test('which providers run a graph is said once, and again where it differs', (t) => {
  const lines: string[] = []
  const onPlaced = sayPlacements((line) => lines.push(line))
  const [cuda, cpu] = ['CUDAExecutionProvider', 'CPUExecutionProvider']
  const placements: Placement[] = [
    { graph: 'trainStep', nodes: { [cuda]: 7012 } },
    { graph: 'trainStep', nodes: { [cuda]: 7012 } },
    { graph: 'predict', nodes: { [cpu]: 3, [cuda]: 240 } },
    { graph: 'trainStep', nodes: { [cuda]: 7020 } },
    { graph: 'copy', nodes: { [cuda]: 1 } },
  ]
  for (const placement of placements) onPlaced(placement)
  t.deepEqual(lines, [
    'trainStep: 7012 nodes on CUDAExecutionProvider',
    'predict: 240 nodes on CUDAExecutionProvider, 3 on CPUExecutionProvider',
    'trainStep: 7020 nodes on CUDAExecutionProvider',
    'copy: 1 node on CUDAExecutionProvider',
  ])
})
