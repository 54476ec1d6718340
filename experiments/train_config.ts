import { checkMasks } from '../datasets/batch_masks.js'
import { checkImages } from '../datasets/check_images.js'
import { type CocoDataset, leftOutLines, TrainLoader } from '../datasets/index.js'
import type { Detector } from '../detectors/index.js'
import { type ComputeOptions, openMemory, type Precision } from '../engine/index.js'
import { ConfigError } from '../errors.js'
import { buildDetector, type Config, type DataConfig } from '../registry.js'
import { evaluate } from '../training/evaluate.js'
import {
  type OptimizerOptions,
  paramGroups,
  type TrainHooks,
  type TrainOptions,
  type TrainResult,
  train,
} from '../training/index.js'
import { saveResults } from '../training/save_results.js'
import { withCleanup } from '../training/with_cleanup.js'
import { checkWorkDir } from '../training/work_dir.js'
import { loadSplit, requirePart } from './load_data.js'
import { startFrom } from './start_from.js'

export interface TrainConfigOptions
  extends Pick<TrainOptions, 'workDir' | 'resume' | 'overwrite' | 'maxIters' | 'progressStream'> {
  /** Where to compute, and how precisely: its precision goes before that of the config. */
  compute?: ComputeOptions
  /** Weights to start from, as `loadDetector` takes them; what does not fit must have a known reason. */
  loadFrom?: string
  /** Takes what is worth knowing before the first iteration. */
  say?(line: string): void
}

/** Trains the model of a config on its data. Everything is checked before the first file is written. */
export async function trainConfig(
  config: Config,
  options: TrainConfigOptions,
): Promise<TrainResult> {
  const { workDir, resume, loadFrom, say = () => {} } = options
  if (resume && loadFrom !== undefined) {
    const what = 'is given with --resume, which has its own weights'
    throw new ConfigError('--load-from', what, 'leave out one of them')
  }
  await checkWorkDir(options)
  const compute = { ...options.compute, precision: precisionOf(config, options) }
  openMemory(compute) // throws where the device is not there
  const optimizer = requirePart(config, 'optimizer')
  const schedule = requirePart(config, 'schedule')
  const { data, dataset } = await loadSplit(config, 'train')
  const { classes } = dataset
  await checkImages(dataset.samples)
  sayData(dataset, say)

  const seed = config.seed ?? 0
  const detector = buildDetector(config.model).initialize(seed)
  const masks = detector.needsMasks
  if (masks) checkMasks(dataset.samples)
  if (loadFrom !== undefined) {
    for (const line of await startFrom(detector, loadFrom, { classes, seed })) say(line)
  }
  const evaluation = config.evaluation
  const hooks = evaluation
    ? await evaluationHooks(config, detector, { classes, workDir, compute, say })
    : undefined
  requireGroups(detector, optimizer)

  const loader = new TrainLoader({ dataset, seed, masks, ...loaderOptions(data) })
  const run = () =>
    train({
      ...options,
      detector,
      loader,
      optimizer,
      schedule,
      ema: config.ema,
      compute,
      lossScale: compute.precision === 'fp16' ? config.lossScale : undefined,
      logging: { interval: config.logging?.interval ?? 50 },
      checkpoint: {
        interval: config.checkpoint?.interval ?? 1,
        keep: config.checkpoint?.keep ?? 3,
      },
      evaluation,
      hooks,
      seed,
      classes,
      config,
    })
  return await withCleanup(run, [() => loader.close()])
}

/** What is asked for by the command line, else by the config. */
function precisionOf(
  { precision, lossScale }: Config,
  { compute }: TrainConfigOptions,
): Precision | undefined {
  const final = compute?.precision ?? precision
  if (lossScale !== undefined && precision !== 'fp16' && final !== 'fp16') {
    const what = `has no effect in precision ${final ?? 'fp32'}`
    throw new ConfigError('lossScale', what, 'set precision=fp16, or leave it out')
  }
  return final
}

function loaderOptions({ batchSize, bucketStep, workers, scales, flip }: DataConfig) {
  return { batchSize, bucketStep, workers, scales, flip }
}

/** Refuses an optimizer whose groups do not fit the model, before anything is written. */
function requireGroups(detector: Detector, optimizer: OptimizerOptions): void {
  const trainable = detector.namedParameters().filter(([, parameter]) => parameter.trainable)
  paramGroups(Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape])), optimizer)
}

interface EvaluationSetting {
  classes: readonly string[]
  workDir: string
  compute: ComputeOptions
  say(line: string): void
}

async function evaluationHooks(
  config: Config,
  detector: Detector,
  { classes, workDir, compute, say }: EvaluationSetting,
): Promise<TrainHooks> {
  const { data, dataset } = await loadSplit(config, 'val', classes)
  await checkImages(dataset.samples)
  say(`evaluates on ${dataset.samples.length} images from ${dataset.annFile}`)
  for (const line of leftOutLines(dataset.leftOut)) say(line)
  if (detector.needsMasks) checkMasks(dataset.samples)
  return {
    evaluate: async ({ lambda, signal }) => {
      const { bbox, segm, results } = await evaluate(detector, {
        ...evalOptions(data, dataset),
        compute,
        lambda,
        signal,
      })
      await saveResults(workDir, results)
      return { bbox, segm }
    },
  }
}

/** What is trained on, and what is not. */
function sayData({ samples, classes, annFile, leftOut }: CocoDataset, say: (line: string) => void) {
  const objects = samples.reduce((sum, { labels }) => sum + labels.length, 0)
  say(
    `${samples.length} images with ${objects} objects of ${classes.length} classes from ${annFile}`,
  )
  for (const line of leftOutLines(leftOut)) say(line)
}

/** What `evaluate` needs of a config. */
export function evalOptions(data: DataConfig, dataset: CocoDataset) {
  const { testScale, testBatchSize = 1, bucketStep, workers } = data
  return { dataset, testScale, batchSize: testBatchSize, bucketStep, workers }
}
