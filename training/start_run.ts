import { dirname, resolve as resolvePath } from 'node:path'
import { openMemory } from '../engine/memory.js'
import { ConfigError } from '../errors.js'
import { RANDOM_VERSION } from '../random/random.js'
import { readCheckpointMetadata } from '../weights/checkpoint_metadata.js'
import { loadWeights } from '../weights/load_weights.js'
import { checkpointToResume, loadTrainState, requireClasses } from './checkpoint.js'
import { Clock } from './clock.js'
import { accumulatingIterations, type Iterations, singleBatchIterations } from './iteration.js'
import { LogMeans } from './log_means.js'
import { initialLossScale, type LossScaleOptions, type LossScaleState } from './optim/loss_scale.js'
import { makeOptimizer, type Optimizer } from './optim/optimizer.js'
import type { TrainOptions } from './train_options.js'
import { TrainState } from './train_state.js'
import type { Trainable } from './trainable.js'

/** A run as it stands. */
export interface Run {
  readonly state: TrainState
  readonly iterations: Iterations
  /** Means of what was measured since the last logged line. */
  readonly means: LogMeans
  readonly clock: Clock
  /** Loss scale of runs that scale their loss, or did. */
  lossScale: LossScaleState | undefined
  /** The newest checkpoint, if there is one. */
  checkpoint: string | undefined
  /** False where the checkpoint that is resumed lies in another work dir. */
  readonly isOfWorkDir: boolean
  /** True where the checkpoint was saved by a version with another random generator. */
  readonly drawsDiffer: boolean
}

/**
 * A fresh run, or that of a checkpoint.
 *
 * @param cacheSize graphs kept at a time. @default what the engine keeps
 */
export async function startRun(options: TrainOptions, cacheSize?: number): Promise<Run> {
  const { model, workDir, resume } = options
  const clock = new Clock(options)
  if (clock.iterationsPerEpoch === 0) {
    throw new ConfigError('the training set', 'gives no batches', 'name annotations with images')
  }
  const optimizer = makeOptimizer(options.optimizer, trainableShapes(model))
  const scaling = lossScaling(options)
  const initial = scaling && initialLossScale(scaling)
  const memory = openMemory(options.compute ?? {})
  const stateOptions = { ema: options.ema !== undefined, memory }
  if (resume === undefined || resume === false) {
    const state = TrainState.of(model, optimizer.slots, stateOptions)
    const iterations = makeIterations(options, state, { optimizer, cacheSize })
    const means = new LogMeans({ count: 0, sums: {} })
    const start = { clock, lossScale: initial, checkpoint: undefined }
    return { state, iterations, means, ...start, isOfWorkDir: true, drawsDiffer: false }
  }
  const checkpoint = await checkpointToResume(workDir, resume)
  await requireSameRun(checkpoint, options, clock.iterationsPerEpoch)
  await loadWeights(model, checkpoint)
  const state = TrainState.of(model, optimizer.slots, stateOptions)
  // A run in another precision keeps the count of skipped updates, and hands the scale on.
  const { metadata, log, lossScale = initial } = await loadTrainState(state, checkpoint)
  const iterations = makeIterations(options, state, { optimizer, cacheSize })
  clock.iteration = metadata.iteration
  const isOfWorkDir = resolvePath(dirname(checkpoint)) === resolvePath(workDir)
  const means = new LogMeans(log)
  const origin = { isOfWorkDir, drawsDiffer: metadata.randomVersion !== RANDOM_VERSION }
  return { state, iterations, means, clock, lossScale, checkpoint, ...origin }
}

/** Whether, and how, the loss is scaled. */
export function lossScaling({ lossScale, compute }: TrainOptions): LossScaleOptions | undefined {
  return lossScale ?? (compute?.precision === 'fp16' ? {} : undefined)
}

function makeIterations(
  options: TrainOptions,
  state: TrainState,
  { optimizer, cacheSize }: { optimizer: Optimizer; cacheSize: number | undefined },
): Iterations {
  const { model, ema, compute } = options
  const { accumulate = 1, maxGradNorm } = options.optimizer
  const stepOptions = { optimizer, maxGradNorm, emaDecay: ema?.decay, compute, cacheSize }
  const make = accumulate === 1 ? singleBatchIterations : accumulatingIterations
  return make(model, state, stepOptions)
}

/** Refuses to go on with other classes, another seed or epochs of another length. */
async function requireSameRun(
  checkpoint: string,
  { classes, seed }: TrainOptions,
  iterationsPerEpoch: number,
): Promise<void> {
  const saved = await readCheckpointMetadata(checkpoint)
  if (saved === undefined) return // `loadTrainState` refuses it
  requireClasses(checkpoint, saved.classes, classes)
  if (saved.seed !== seed) {
    const what = `is ${seed}, but ${checkpoint} was trained with ${saved.seed}`
    throw new ConfigError('seed', what, 'resume with that seed')
  }
  if (saved.iterationsPerEpoch !== iterationsPerEpoch) {
    throw new ConfigError(
      'the training set',
      `gives ${iterationsPerEpoch} iterations an epoch, but ${checkpoint} was trained with ${saved.iterationsPerEpoch}`,
      'resume with the same data and batch size, or start anew from its weights with --load-from',
    )
  }
}

function trainableShapes(model: Trainable): Record<string, readonly number[]> {
  const trainable = model.namedParameters().filter(([, parameter]) => parameter.trainable)
  return Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
}
