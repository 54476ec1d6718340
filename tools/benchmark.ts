/** Frames a second of detectors on this machine. */
import { basename, extname } from 'node:path'
import { type BenchmarkEntry, benchmark } from '../deploy/benchmark.js'
import { ConfigError } from '../errors.js'
import { loadConfig } from '../experiments/load.js'
import { hasDeployForm, loadDetector, RANDOM } from '../experiments/load_detector.js'
import type { Config, Form } from '../registry.js'
import { benchmarkTable } from './benchmark_table.js'
import {
  COCO_SHAPE,
  type ConfigFlags,
  command,
  configOptions,
  formOption,
  parseCount,
  run,
  type Shape,
  shapeOption,
} from './command.js'
import { showProgress } from './show_progress.js'

interface Flags extends ConfigFlags {
  checkpoint: string
  form?: Form
  shape: Shape
  batch: number
  runs: number
}

const program = configOptions(
  command('benchmark', 'Times detectors, from pixels to boxes; several take turns.')
    .argument('<config...>', 'files such as configs/retinanet_vanilla13.ts')
    .option('--checkpoint <file>', 'weights to time with, of a single config', RANDOM)
    .addOption(formOption('the form to time (default: both)'))
    .addOption(shapeOption('input pixels').default(COCO_SHAPE, '800 1280'))
    .option('--batch <n>', 'images at a time', parseCount(1), 1)
    .option('--runs <n>', 'timed runs of each', parseCount(1), 20),
)

await run<Flags, [string[]]>(program, async ([configPaths], flags, say) => {
  const { cfgOptions, checkpoint, form, shape, batch, runs } = flags
  if (checkpoint !== RANDOM && configPaths.length > 1) {
    throw new ConfigError('--checkpoint', 'is of one config', 'time several with random weights')
  }
  const entries: BenchmarkEntry[] = []
  for (const path of configPaths) {
    const config = await loadConfig(path, cfgOptions)
    const name = basename(path, extname(path))
    for (const entry of await forms(config, checkpoint, form)) {
      entries.push({ config: name, ...entry })
    }
  }
  const onProgress = showProgress('runs')
  const rows = await benchmark(entries, { shape, batch, runs, onProgress })
  for (const line of benchmarkTable(rows)) say(line)
  return rows
})

/** The detector in the form that was asked for, or in each form it has. */
async function forms(config: Config, checkpoint: string, form: Form | undefined) {
  const first = await loadDetector(config, checkpoint, { form })
  const isSingle = form !== undefined || first.form === 'deploy' || !hasDeployForm(first.detector)
  if (isSingle) return [first]
  return [first, await loadDetector(config, checkpoint, { form: 'deploy' })]
}
