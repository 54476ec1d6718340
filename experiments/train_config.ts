import type { CocoDataset } from '../datasets/coco.js'
import { dataLines, dataReport } from '../datasets/data_report.js'
import { planEvaluation, TrainLoader } from '../datasets/loader.js'
import { shapeLine, shapeReport } from '../datasets/shape_report.js'
import type { Detector } from '../detectors/detector.js'
import type { ComputeOptions, Precision } from '../engine/compute_options.js'
import { openMemory } from '../engine/memory.js'
import { ConfigError } from '../errors.js'
import { type EvaluateOptions, evaluate } from '../evaluation/evaluate.js'
import { saveResults } from '../evaluation/save_results.js'
import { buildDetector, type Config, type DataConfig } from '../registry.js'
import { train } from '../training/loop.js'
import type { OptimizerOptions } from '../training/optim/optimizer.js'
import { paramGroups } from '../training/optim/param_groups.js'
import type { TrainHooks, TrainOptions, TrainResult } from '../training/train_options.js'
import { withCleanup } from '../training/with_cleanup.js'
import { checkWorkDir } from '../training/work_dir.js'
import { findAllFaults, loadChecked, requirePart } from './load_data.js'
import { startFrom } from './start_from.js'

export interface TrainConfigOptions
  extends Pick<TrainOptions, 'workDir' | 'resume' | 'overwrite' | 'maxIters' | 'progressStream'> {
  /** Where to compute, and how precisely: its precision goes before that of the config. */
  compute?: ComputeOptions
  /**
   * Weights to start from, as `loadDetector` takes them; what does not fit must have a known
   * reason.
   */
  loadFrom?: string
  /** Takes what is worth knowing before the first iteration. */
  say?(line: string): void
}

/**
 * Trains the model of a config on its data. Everything is checked before the first file is written.
 */
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
  const detector = buildDetector(config.model)
  const masks = detector.needsMasks
  const data = requirePart(config, 'data')
  const { train: dataset, val } = await loadData(config, masks)
  const { classes } = dataset
  for (const line of dataLines(dataset, 'trains on')) say(line)
  for (const line of val ? dataLines(val, 'evaluates on') : []) say(line)

  const seed = config.seed ?? 0
  detector.initialize(seed)
  if (loadFrom !== undefined) {
    for (const line of await startFrom(detector, loadFrom, { classes, seed })) say(line)
  }
  requireGroups(detector, optimizer)

  const loader = new TrainLoader({ ...data, dataset, seed, masks })
  const evaluation = val && evalOptions(data, val)
  const plans = { train: loader.shapePlan, val: evaluation && planEvaluation(evaluation) }
  const { bucketStep } = data
  if (plans.train) say(shapeLine(plans.train, 'trains', bucketStep))
  if (plans.val) say(shapeLine(plans.val, 'evaluates', bucketStep))
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
      evaluation: config.evaluation,
      hooks: evaluation && evaluationHooks(detector, { ...evaluation, compute }, workDir),
      seed,
      classes,
      config,
      data: { train: dataReport(dataset), val: val && dataReport(val) },
      shapes: (plans.train ?? plans.val) && {
        bucketStep,
        train: plans.train ? shapeReport(plans.train) : null,
        val: plans.val ? shapeReport(plans.val) : null,
      },
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

/** Refuses an optimizer whose groups do not fit the model, before anything is written. */
function requireGroups(detector: Detector, optimizer: OptimizerOptions): void {
  const trainable = detector.namedParameters().filter(([, parameter]) => parameter.trainable)
  paramGroups(Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape])), optimizer)
}

/** What is trained and evaluated on. All that is wrong with either is reported in one error. */
async function loadData(
  config: Config,
  masks: boolean,
): Promise<{ train: CocoDataset; val: CocoDataset | undefined }> {
  let train: CocoDataset | undefined
  let val: CocoDataset | undefined
  await findAllFaults([
    async () => {
      train = (await loadChecked(config, 'train', { masks })).dataset
    },
    async () => {
      if (!config.evaluation) return
      val = (await loadChecked(config, 'val', { masks, classes: train?.classes })).dataset
    },
  ])
  return { train: train!, val }
}

function evaluationHooks(
  detector: Detector,
  options: EvaluateOptions,
  workDir: string,
): TrainHooks {
  return {
    evaluate: async ({ lambda, signal }) => {
      const { bbox, segm, results } = await evaluate(detector, { ...options, lambda, signal })
      await saveResults(workDir, results)
      return { bbox, segm }
    },
  }
}

/** What `evaluate` needs of a config. */
export function evalOptions(data: DataConfig, dataset: CocoDataset) {
  const { testBatchSize: batchSize = 1, testShapes: shapes } = data
  return { ...data, dataset, batchSize, shapes }
}
