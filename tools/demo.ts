/**
 * The whole way in minutes on a CPU: generated images, training from scratch, evaluation,
 * reparameterization, export, and the speed of both forms. Fails where a result is not what it
 * should be.
 */
import { dirname, join } from 'node:path'
import { type BenchmarkEntry, benchmark } from '../benchmark/benchmark.js'
import { generateShapes } from '../datasets/shapes.js'
import { exportOnnx } from '../deploy/export_onnx.js'
import { type Evaluation, evaluate, type Metrics } from '../evaluation/evaluate.js'
import { evalOptions } from '../experiments/detection_task.js'
import { loadConfig } from '../experiments/load.js'
import { loadSplit, requireCoco } from '../experiments/load_data.js'
import { loadDetector, mergeDetector } from '../experiments/load_detector.js'
import { trainConfig } from '../experiments/train_config.js'
import type { Config, DataConfig } from '../registry.js'
import { moveRunAside } from '../training/run_files.js'
import { checkWorkDir } from '../training/work_dir.js'
import { saveModel } from '../weights/save_model.js'
import { whenStopped } from './cli/answer_signals.js'
import { benchmarkTable } from './cli/benchmark_table.js'
import { command, run } from './cli/command.js'
import { resumeCommand } from './cli/resume_command.js'
import { showProgress } from './cli/show_progress.js'

interface Demo {
  /** Name of a file in `configs/`. */
  config: string
  workDir: string
  /** What is evaluated. */
  kinds: readonly Kind[]
}

type Kind = 'bbox' | 'segm'

const DEMOS: Record<'boxes' | 'masks', Demo> = {
  boxes: { config: 'retinanet_tiny_shapes', workDir: 'work_dirs/demo', kinds: ['bbox'] },
  masks: {
    config: 'mask_rcnn_tiny_shapes',
    workDir: 'work_dirs/demo_masks',
    kinds: ['bbox', 'segm'],
  },
}

/** Height and width of the generated images, pixels. */
const IMAGE_SIZE = [160, 160] as const
const TRAIN_IMAGES = 600
const VAL_IMAGES = 150

/** AP on images that were not trained on, of each kind. */
const LEAST_AP = 0.5
/** Largest difference of the two forms' AP. */
const LARGEST_DIFFERENCE = 0.002

/** Iterations of the short form, which tests that everything runs and not how well it learns. */
const SHORT_ITERS = 6
const SHORT_IMAGES = 24
/** Its data, apart from those of the full demo, which it would cut short. */
const SHORT_DATA = ['train', 'val'].flatMap((split) => [
  `data.${split}.annFile=work_dirs/shapes_short/${split}/annotations.json`,
  `data.${split}.imageDir=work_dirs/shapes_short/${split}/images`,
])

interface Flags {
  masks?: boolean
  short?: boolean
  resume?: boolean
  json?: boolean
}

const program = command('demo', 'Trains, evaluates, merges, exports and times a tiny detector.')
  .option('--masks', 'Mask R-CNN, which finds masks too, instead of RetinaNet')
  .option('--short', `${SHORT_ITERS} iterations, and no bound on AP: does it run?`)
  .option('--resume', 'go on with a demo that was stopped')
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async (_, { masks = false, short = false, resume = false }, say) => {
  whenStopped(() => 'stopped before training; there is nothing to save')
  const startedAt = performance.now()
  const step = (title: string) => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    say(`\n${title} (${seconds} s since the start)`)
  }
  const { config: name, workDir: fullDir, kinds } = DEMOS[masks ? 'masks' : 'boxes']
  const workDir = short ? `${fullDir}_short` : fullDir
  const config = await loadConfig(`vanilladet/configs/${name}`, short ? SHORT_DATA : [])
  const data = requireCoco(config)
  // An earlier demo is moved, not overwritten
  await checkWorkDir({ workDir, resume, overwrite: !resume })
  const movedTo = resume ? undefined : await moveRunAside(workDir)
  if (movedTo !== undefined) say(`${workDir} held an earlier demo, which is now ${movedTo}`)

  step('1. Generating images of coloured shapes')
  await generateData(data, short)

  step('2. Training from scratch')
  const maxIters = short ? SHORT_ITERS : undefined
  const { checkpoint, reason } = await trainConfig(config, { workDir, resume, maxIters, say })
  if (reason === 'interrupted') {
    say(`interrupted, saved ${checkpoint}; go on with: ${resumeCommand('demo')}`)
    return { checkpoint, reason }
  }
  whenStopped(() => `stopped; ${checkpoint} is trained; go on with: ${resumeCommand('demo')}`)

  step('3. Evaluating the training form on images it has not seen')
  const trained = await loadDetector(config, checkpoint)
  const trainForm = await evaluateVal(config, trained)
  for (const line of trainForm.table) say(line)

  step('4. Merging into the deploy form')
  const merged = await loadDetector(config, checkpoint)
  const { worst } = await mergeDetector(merged)
  const weights = join(workDir, 'deploy.safetensors')
  await saveModel(weights, merged.detector, merged.metadata)
  say(`${weights}: the largest difference is ${worst.toExponential(1)} of the largest value`)

  step('5. Exporting it')
  const onnx = await exportOnnx(merged.detector, join(workDir, 'deploy.onnx'), {
    shape: IMAGE_SIZE,
  })
  say(`${onnx.path}: ${(onnx.bytes / 1e6).toFixed(1)} MB`)

  step('6. Evaluating the deploy form')
  const deployForm = await evaluateVal(config, merged)
  const comparisons = kinds.map((kind) => {
    const [train, deploy] = [trainForm, deployForm].map((form) => apOf(form, kind))
    say(`${kind} AP ${deploy.toFixed(4)}, training form ${train.toFixed(4)}`)
    return { kind, train, deploy }
  })

  step('7. Timing both forms')
  const entries: BenchmarkEntry[] = [
    { config: name, form: 'train', detector: trained.detector, weights: checkpoint },
    { config: name, form: 'deploy', detector: merged.detector, weights: checkpoint },
  ]
  const rows = await benchmark(entries, { shape: IMAGE_SIZE, runs: short ? 1 : 10 })
  for (const line of benchmarkTable(rows)) say(line)

  for (const comparison of comparisons) checkAp(comparison, short ? 0 : LEAST_AP)
  step('Done')
  say(`npx vanilladet report ${workDir} makes a page of it: ${join(workDir, 'report.html')}`)
  return { ...metricsOf(trainForm), deploy: metricsOf(deployForm), relative: worst, rows }
})

async function generateData({ train, val }: DataConfig, short: boolean): Promise<void> {
  const splits = [
    { annFile: train.annFile, count: short ? SHORT_IMAGES : TRAIN_IMAGES, seed: 1 },
    { annFile: val.annFile, count: short ? SHORT_IMAGES : VAL_IMAGES, seed: 2 },
  ]
  for (const { annFile, ...options } of splits) {
    await generateShapes({ directory: dirname(annFile), size: IMAGE_SIZE, ...options })
  }
}

async function evaluateVal(
  config: Config,
  { detector, metadata }: Awaited<ReturnType<typeof loadDetector>>,
): Promise<Evaluation> {
  const { data, dataset } = await loadSplit(config, 'val', { classes: metadata?.classes })
  const onProgress = showProgress('images')
  const { lambda } = metadata ?? {}
  return evaluate(detector, { ...evalOptions(data, dataset), lambda, onProgress })
}

function metricsOf({ bbox, segm }: Evaluation): { bbox: Metrics; segm?: Metrics } {
  return { bbox, segm }
}

function apOf(evaluation: Evaluation, kind: Kind): number {
  const metrics = evaluation[kind]
  if (!metrics) throw new Error(`demo: ${kind} was not evaluated`)
  return metrics.AP
}

/** Refuses a detector that has not learned, and a deploy form that finds something else. */
function checkAp(
  { kind, train, deploy }: { kind: Kind; train: number; deploy: number },
  leastAp: number,
): void {
  if (!(train >= leastAp)) {
    throw new Error(`demo: ${kind} AP is ${train.toFixed(3)}; it should be ${leastAp} or more`)
  }
  if (!(Math.abs(train - deploy) <= LARGEST_DIFFERENCE)) {
    const aps = `${train.toFixed(4)} in training form and ${deploy.toFixed(4)} in deploy form`
    throw new Error(
      `demo: ${kind} AP is ${aps}; they should differ by ${LARGEST_DIFFERENCE} at most`,
    )
  }
}
