import { isClassifier } from '../classifiers/classifier.js'
import type { ComputeOptions, Precision } from '../engine/compute_options.js'
import { openMemory } from '../engine/memory.js'
import { ConfigError } from '../errors.js'
import type { Module } from '../nn/module.js'
import { buildTrainable, type Config, type TrainableModel } from '../registry.js'
import { train } from '../training/loop.js'
import type { OptimizerOptions } from '../training/optim/optimizer.js'
import { paramGroups } from '../training/optim/param_groups.js'
import type { TrainOptions, TrainResult } from '../training/train_options.js'
import { withCleanup } from '../training/with_cleanup.js'
import { checkWorkDir } from '../training/work_dir.js'
import { classificationTask } from './classification_task.js'
import { detectionTask } from './detection_task.js'
import { withTeacher } from './distill.js'
import { requirePart } from './load_data.js'
import { startFrom } from './start_from.js'
import type { Task, TaskOptions } from './task.js'

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
  requireFading(config)
  requirePart(config, 'data')
  const model = buildTrainable(config.model)
  const seed = config.seed ?? 0
  const task = await makeTask(config, model, { workDir, seed, compute })
  const { classes, loader, hooks, data, shapes } = task
  for (const line of task.dataLines) say(line)

  model.initialize(seed)
  if (loadFrom !== undefined) {
    for (const line of await startFrom(model, loadFrom, { classes, seed })) say(line)
  }
  const trained = await withTeacher(config, model, { classes, say })
  requireGroups(trained, optimizer)
  for (const line of task.shapeLines) say(line)

  const run = () =>
    train({
      ...options,
      model: trained,
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
      hooks,
      seed,
      classes,
      config,
      data,
      shapes,
    })
  return await withCleanup(run, [() => loader.close()])
}

/** Refuses a schedule of deep training for a backbone that is to have none. */
function requireFading({ model, schedule }: Config): void {
  const { backbone } = model
  const hasNone = backbone && 'deepTraining' in backbone && backbone.deepTraining === false
  if (!hasNone || !schedule?.deepTraining) return
  throw new ConfigError(
    'schedule.deepTraining',
    'is given, but model.backbone.deepTraining is false',
    'leave out one of them',
  )
}

/** What a model is trained on, by what it is. */
function makeTask(
  config: Config,
  model: TrainableModel,
  options: TaskOptions & { compute: ComputeOptions },
): Promise<Task> {
  return isClassifier(model)
    ? classificationTask(config, model, options)
    : detectionTask(config, model, options)
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
function requireGroups(model: Module, optimizer: OptimizerOptions): void {
  const trainable = model.namedParameters().filter(([, parameter]) => parameter.trainable)
  paramGroups(Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape])), optimizer)
}
