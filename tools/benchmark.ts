/** Frames a second of detectors and classifiers on this machine. */
import { loadavg } from 'node:os'
import { basename, extname } from 'node:path'
import { Option } from 'commander'
import { BENCHMARK_DEFAULTS, benchmark, peakMemoryOf } from '../benchmark/benchmark.js'
import type { BenchmarkDocument, BenchmarkRow } from '../benchmark/benchmark_document.js'
import { describeMachine } from '../benchmark/machine.js'
import { ratiosOf } from '../benchmark/ratios.js'
import type { ComputeOptions, Precision } from '../engine/compute_options.js'
import { setSharedThreads } from '../engine/runtime/environment.js'
import { ConfigError } from '../errors.js'
import { loadConfig } from '../experiments/load.js'
import { RANDOM } from '../experiments/load_detector.js'
import { classInputSize } from '../experiments/test_crop.js'
import type { Form } from '../registry.js'
import { benchmarkEntries, type NamedConfig } from './cli/benchmark_entries.js'
import { memoryInChild } from './cli/benchmark_memory.js'
import {
  benchmarkTable,
  introduction,
  ratioLines,
  type TimedKind,
  warmupLines,
} from './cli/benchmark_table.js'
import { benchmarkWarnings, rowName } from './cli/benchmark_warnings.js'
import {
  COCO_SHAPE,
  command,
  formOption,
  parseCount,
  run,
  type Shape,
  shapeOption,
} from './cli/command.js'
import { type ComputeFlags, computeOptions, openCompute } from './cli/compute_flags.js'
import { showProgress } from './cli/show_progress.js'

interface Flags extends ComputeFlags {
  checkpoint: string
  form?: Form
  shape?: Shape
  batch?: number[]
  runs: number
  warmup: number
  repeats: number
  threads?: number
  memory: boolean
  onlyMemory?: boolean
}

const { runs, warmup, repeats, seed, maxSpread } = BENCHMARK_DEFAULTS

const program = computeOptions(
  command('benchmark', 'Times models, from pixels to detections or scores; several take turns.')
    .argument('<config...>', 'files such as configs/retinanet_vanilla13.ts')
    .option('--checkpoint <file>', 'weights to time with, of a single config', RANDOM)
    .addOption(formOption('the form to time, of networks that have two (default: both)'))
    .addOption(
      shapeOption('input pixels (default: 800 1280; of classifiers data.imageSize, or 224 224)'),
    )
    .option(
      '--batch <n...>',
      'images at a time, several sizes one after another (default: 1)',
      parseCounts,
    )
    .option('--runs <n>', 'timed runs of each in each repeat', parseCount(1), runs)
    .option('--warmup <n>', 'runs of each before those', parseCount(0), warmup)
    .option('--repeats <n>', 'how often the timing is repeated', parseCount(1), repeats)
    .option('--threads <n>', 'that compute one operation (default: one a core)', parseCount(1))
    .option('--no-memory', 'leave out peak memory, which takes a process for each row')
    .addOption(new Option('--only-memory').hideHelp()), // what such a process is asked for
)

await run<Flags, [string[]]>(program, async ([configPaths], flags, say) => {
  const { checkpoint, runs, warmup, repeats, threads } = flags
  const configs = await loadConfigs(configPaths, flags)
  const shape = flags.shape ?? defaultShape(configs)
  if (threads) setSharedThreads(threads)
  const compute = openCompute(flags, precisionOf(configs, flags), say)
  const batches = [...new Set(flags.batch ?? [BENCHMARK_DEFAULTS.batch])]
  if (flags.onlyMemory)
    return { peakMemoryMiB: await memoryOf(configs, flags, { compute, shape, batch: batches[0] }) }

  const machine = describeMachine(compute)
  const [load] = loadavg()
  const options = { shape, batches, warmup, runs, repeats, seed, maxSpread }
  for (const line of introduction(machine, options, configs.map(kindOf))) say(line)

  const rows: BenchmarkRow[] = []
  for (const batch of batches) {
    // From the first run on: loading is no part of it
    let show: ReturnType<typeof showProgress> | undefined
    const onProgress = (done: number, total: number) => {
      show ??= showProgress('runs')
      show(done, total)
    }
    const entries = benchmarkEntries(configs, { checkpoint, form: flags.form })
    const timed = await benchmark(entries, { ...options, batch, compute, onProgress })
    rows.push(...timed)
  }
  const unmeasured: string[] = []
  for (const row of flags.memory ? rows : []) {
    const config = configs.find(({ name }) => name === row.config) as NamedConfig
    const { peakMemoryMiB, problem } = await memoryInChild(row, config, flags)
    row.peakMemoryMiB = peakMemoryMiB
    if (problem) unmeasured.push(`${rowName(row)}: peak memory was not measured (${problem}).`)
  }
  const ratios = ratiosOf(rows, maxSpread)
  const warnings = [...benchmarkWarnings({ rows, ratios, load }), ...unmeasured]
  const parts = [warmupLines(rows), benchmarkTable(rows), ratioLines(ratios), warnings]
  for (const lines of parts.filter(({ length }) => length > 0)) {
    say('')
    for (const line of lines) say(line)
  }
  return { machine, options, rows, ratios, warnings } satisfies BenchmarkDocument
})

async function loadConfigs(paths: string[], { cfgOptions, checkpoint }: Flags) {
  if (checkpoint !== RANDOM && paths.length > 1) {
    throw new ConfigError('--checkpoint', 'is of one config', 'time several with random weights')
  }
  const configs: NamedConfig[] = []
  for (const path of paths) {
    const config = await loadConfig(path, cfgOptions)
    const isAmbiguous = paths.some((other) => other !== path && stemOf(other) === stemOf(path))
    configs.push({ path, name: isAmbiguous ? path : stemOf(path), config })
  }
  return configs
}

function kindOf({ config }: NamedConfig): TimedKind {
  return config.model.type === 'Classifier' ? 'classifier' : 'detector'
}

/** Models that take turns see inputs of one size. */
function defaultShape(configs: readonly NamedConfig[]): Shape {
  const shapes = configs.map((named) => {
    return kindOf(named) === 'classifier' ? classInputSize(named.config) : COCO_SHAPE
  })
  const names = [...new Set(shapes.map((shape) => shape.join(' x ')))]
  if (names.length === 1) return shapes[0]
  const what = `is not given, and the configs have different inputs: ${names.join(', ')}`
  throw new ConfigError('--shape', what, 'give one for all, or time the configs apart')
}

/** Models that take turns are computed alike. */
function precisionOf(configs: readonly NamedConfig[], { precision }: Flags): Precision | undefined {
  const asked = new Set(configs.map(({ config }) => config.precision ?? 'fp32'))
  if (precision !== undefined || asked.size <= 1) return configs[0].config.precision
  const what = `differs between the configs: ${[...asked].join(', ')}`
  throw new ConfigError('precision', what, 'give one with --precision')
}

function stemOf(path: string): string {
  return basename(path, extname(path))
}

/** Peak memory of the first model that the flags choose, which is the only one. */
async function memoryOf(
  configs: readonly NamedConfig[],
  { checkpoint, form }: Flags,
  options: { shape: Shape; batch: number; compute: ComputeOptions },
): Promise<number | null> {
  const load = async () => {
    for await (const { detector } of benchmarkEntries(configs, { checkpoint, form })) {
      return detector
    }
    throw new Error('there is nothing to load')
  }
  return peakMemoryOf(load, options)
}

/** `--batch 1 8`, and `--batch 1 --batch 8`. */
function parseCounts(text: string, before: number[] = []): number[] {
  return [...before, parseCount(1)(text)]
}
