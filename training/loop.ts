/**
 * Training, from the first iteration to the last: the file to read first.
 *
 * An iteration is one update of the weights. It takes `optimizer.accumulate` batches; an epoch is all
 * batches once, and its last update may take fewer. In mixed precision an update is left out where gradients
 * overflow: the iteration counts all the same.
 */
import { basename, join } from 'node:path'
import type { Detector } from '../detectors/detector.js'
import type { ComputeOptions } from '../engine/compiled.js'
import { openMemory } from '../engine/memory.js'
import type { HostTree } from '../engine/tensors.js'
import { ConfigError, TrainingError } from '../errors.js'
import { RANDOM_VERSION, Random } from '../nn/index.js'
import {
  type CheckpointMetadata,
  checkpointToResume,
  forgetLatest,
  loadTrainState,
  loadWeights,
  type RunState,
  readCheckpointMetadata,
  requireClasses,
  saveCheckpoint,
} from './checkpoint.js'
import { withNoise } from './draw_noise.js'
import { listenForInterrupt } from './interrupt.js'
import { accumulatingIterations, type Iterations, singleBatchIterations } from './iteration.js'
import { LogMeans } from './log_means.js'
import {
  initialLossScale,
  isExhausted,
  type LossScaleOptions,
  type LossScaleState,
  nextLossScale,
} from './loss_scale.js'
import { type LogLine, MetricsLog } from './metrics_log.js'
import { makeOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.js'
import { startProgress } from './progress.js'
import { lambdaAt, learningRateAt, type ScheduleOptions } from './schedule.js'
import type { BatchTensors } from './step.js'
import { TrainState } from './train_state.js'
import { prepareWorkDir } from './work_dir.js'

/** Where batches come from; `datasets/` has one. */
export interface TrainingBatches {
  /** Batches of an epoch. */
  readonly iterationsPerEpoch: number
  /** Batches over all epochs without end, from batch `iteration` of `epoch` on; both from 0. */
  batches(start: { epoch: number; iteration: number }): AsyncGenerator<{
    readonly tensors: HostTree<BatchTensors>
  }>
}

export interface TrainHooks {
  /**
   * Called after epochs with the current weights in the detector (the averages, with EMA); its result
   * goes to `evaluations.jsonl`.
   */
  evaluate?(at: { epoch: number; iteration: number; lambda: number }): Promise<object>
  /** Called with each line of `metrics.jsonl`. */
  onLog?(line: LogLine): void
}

export interface TrainOptions {
  /** Initialised; it holds the trained weights (not the averages) when training ends. */
  detector: Detector
  loader: TrainingBatches
  optimizer: OptimizerOptions
  schedule: ScheduleOptions
  /** Running averages of the weights. @default none */
  ema?: { decay: number }
  /** `interval`: iterations between lines of `metrics.jsonl`. */
  logging: { interval: number }
  /** `interval`: epochs between checkpoints; the end is always saved. `keep`: how many stay, default all. */
  checkpoint: { interval: number; keep?: number }
  /** `interval`: epochs between calls of `hooks.evaluate`; the end is always evaluated. @default 1 */
  evaluation?: { interval: number }
  /** What initial weights and batches were drawn from. */
  seed: number
  /** Names of the classes, by label. */
  classes: readonly string[]
  /** The resolved config, kept in checkpoints. */
  config: unknown
  workDir: string
  /** Go on from the newest checkpoint of the work dir, or from the one named. */
  resume?: string | boolean
  /** Stop after this many iterations, counted from the first of all. */
  maxIters?: number
  /** Where and how precisely to compute. */
  compute?: ComputeOptions
  /** Multiplies the loss while gradients are taken, as precision `fp16` needs. @default only with `fp16` */
  lossScale?: LossScaleOptions
  hooks?: TrainHooks
  /** Where progress is shown. @default process.stderr */
  progressStream?: NodeJS.WriteStream
}

export interface TrainResult {
  /** Iterations done, those before a resume included. */
  iteration: number
  /** The newest checkpoint. */
  checkpoint: string
  reason: 'finished' | 'maxIters' | 'interrupted'
}

/** Trains a detector and saves checkpoints and metrics in a work dir. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { detector, loader, schedule, workDir, hooks = {} } = options
  const accumulate = options.optimizer.accumulate ?? 1
  const iterationsPerEpoch = Math.ceil(loader.iterationsPerEpoch / accumulate)
  const scheduled = schedule.epochs * iterationsPerEpoch
  const total = Math.min(scheduled, options.maxIters ?? scheduled)

  const run = await startRun(options, iterationsPerEpoch)
  await prepareWorkDir(workDir)
  if (!options.resume) await forgetLatest(workDir)
  const { state, iterations } = run
  const scaling = lossScaling(options)
  let { iteration, checkpoint, lossScale } = run
  const metricsLog = await MetricsLog.open(join(workDir, 'metrics.jsonl'), iteration)
  const evaluationLog = await MetricsLog.open(join(workDir, 'evaluations.jsonl'), iteration)
  const means = new LogMeans(run.log)
  const progress = startProgress({
    start: iteration,
    total,
    epochs: schedule.epochs,
    stream: options.progressStream,
  })
  const interrupt = listenForInterrupt(() => progress.say('stopping after this iteration'))
  if (run.drawsDiffer) progress.say(DRAWS_DIFFER)

  let savedAt = checkpoint === undefined ? -1 : iteration
  const save = async () => {
    const lambda = lambdaOf(schedule, Math.max(0, iteration - 1), iterationsPerEpoch)
    const metadata = metadataOf(options, { iteration, iterationsPerEpoch, lambda })
    const { keep } = options.checkpoint
    const saved = { metadata, log: means.log, lossScale, keep }
    checkpoint = await saveCheckpoint(workDir, state.current, saved)
    savedAt = iteration
    progress.say(`saved ${basename(checkpoint)}`)
  }

  const epoch = Math.floor(iteration / iterationsPerEpoch)
  const firstBatch = (iteration % iterationsPerEpoch) * accumulate
  const batches = loader.batches({ epoch, iteration: firstBatch })
  try {
    while (iteration < total && !interrupt.requested()) {
      const startedAt = performance.now()
      const learningRate = learningRateAt(options.optimizer.learningRate, schedule, {
        iteration,
        iterationsPerEpoch,
      })
      const lambda = lambdaOf(schedule, iteration, iterationsPerEpoch)
      const batchInEpoch = (iteration % iterationsPerEpoch) * accumulate
      const count = Math.min(accumulate, loader.iterationsPerEpoch - batchInEpoch)
      const epochFrom0 = Math.floor(iteration / iterationsPerEpoch)
      const taken = (await take(batches, count)).map((batch, i) => {
        const random = new Random(options.seed, 'noise', epochFrom0, batchInEpoch + i)
        return withNoise(detector, batch, random)
      })
      const loadedAt = performance.now()

      iteration++
      const { metrics, isUpdated } = await iterations.run({
        batches: taken,
        learningRate,
        step: iteration - (lossScale?.skippedUpdates ?? 0),
        lambda,
        lossScale: scaling && lossScale?.scale,
      })
      if (scaling && lossScale) {
        lossScale = nextLossScale(lossScale, isUpdated, scaling)
        requireScale(lossScale, iteration, checkpoint)
      } else if (!isUpdated) throw notFinite(metrics, iteration, checkpoint)

      means.add(isUpdated ? metrics : undefined, {
        time: (performance.now() - startedAt) / 1000,
        dataTime: (loadedAt - startedAt) / 1000,
      })
      progress.advance(iteration)
      if (iteration % options.logging.interval === 0) {
        const epochFrom1 = Math.ceil(iteration / iterationsPerEpoch)
        const line = means.takeLine({
          iter: iteration,
          epoch: epochFrom1,
          lr: learningRate,
          ...(scaling && toldScale(lossScale)),
        })
        await metricsLog.append(line)
        progress.report(line)
        hooks.onLog?.(line)
      }

      const epochEnds = iteration % iterationsPerEpoch === 0
      const epochsDone = Math.floor(iteration / iterationsPerEpoch)
      const saves = epochEnds && epochsDone % options.checkpoint.interval === 0
      if (saves || iteration === total) await save()
      const isDue =
        epochsDone % (options.evaluation?.interval ?? 1) === 0 || iteration === scheduled
      if (hooks.evaluate && epochEnds && isDue && !interrupt.requested()) {
        state.writeTo(detector, options.ema ? 'ema' : 'model')
        const evaluation = await hooks.evaluate({ epoch: epochsDone, iteration, lambda })
        await evaluationLog.append({ iter: iteration, epoch: epochsDone, ...evaluation })
      }
    }
    if (savedAt !== iteration) await save()
    state.writeTo(detector)
  } finally {
    interrupt.stop()
    progress.stop()
    await batches.return(undefined)
    await iterations.dispose()
    state.dispose()
  }
  const reason =
    iteration === scheduled ? 'finished' : iteration >= total ? 'maxIters' : 'interrupted'
  return { iteration, checkpoint: checkpoint ?? '', reason }
}

/** What a run starts with: a fresh state, or that of a checkpoint. */
interface Run extends RunState {
  state: TrainState
  iterations: Iterations
  /** Iterations done. */
  iteration: number
  /** The newest checkpoint, if there is one. */
  checkpoint: string | undefined
  /** True where the checkpoint was saved by a version with another random generator. */
  drawsDiffer?: boolean
}

const DRAWS_DIFFER =
  'the checkpoint was saved by a version with another random generator: weights, moments and position go on, ' +
  'but image order, augmentation and noise are drawn anew from here'

async function startRun(options: TrainOptions, iterationsPerEpoch: number): Promise<Run> {
  const { detector, workDir, resume } = options
  if (iterationsPerEpoch === 0) {
    throw new ConfigError('data.train', 'gives no batches', 'name annotations with images')
  }
  const optimizer = makeOptimizer(options.optimizer, trainableShapes(detector))
  const scaling = lossScaling(options)
  const initial = scaling && initialLossScale(scaling)
  const memory = openMemory(options.compute ?? {})
  const stateOptions = { ema: options.ema !== undefined, memory }
  if (resume === undefined || resume === false) {
    const state = TrainState.of(detector, optimizer.slots, stateOptions)
    const iterations = makeIterations(options, state, optimizer)
    const log = { count: 0, sums: {} }
    return { state, iterations, iteration: 0, log, lossScale: initial, checkpoint: undefined }
  }
  const checkpoint = await checkpointToResume(workDir, resume)
  await requireSameRun(checkpoint, options, iterationsPerEpoch)
  await loadWeights(detector, checkpoint)
  const state = TrainState.of(detector, optimizer.slots, stateOptions)
  // A run in another precision keeps the count of skipped updates, and hands the scale on.
  const { metadata, log, lossScale = initial } = await loadTrainState(state, checkpoint)
  const iterations = makeIterations(options, state, optimizer)
  const { iteration, randomVersion } = metadata
  const drawsDiffer = randomVersion !== RANDOM_VERSION
  return { state, iterations, iteration, log, lossScale, checkpoint, drawsDiffer }
}

function makeIterations(
  options: TrainOptions,
  state: TrainState,
  optimizer: Optimizer,
): Iterations {
  const { detector, ema, compute } = options
  const { accumulate = 1, maxGradNorm } = options.optimizer
  const stepOptions = { optimizer, maxGradNorm, emaDecay: ema?.decay, compute }
  const make = accumulate === 1 ? singleBatchIterations : accumulatingIterations
  return make(detector, state, stepOptions)
}

/** Refuses to go on with other classes, another seed or epochs of another length. */
async function requireSameRun(
  checkpoint: string,
  { classes, seed }: TrainOptions,
  iterationsPerEpoch: number,
): Promise<void> {
  const saved = await readCheckpointMetadata(checkpoint)
  if (saved === undefined) return // `loadTrainState` tells it
  requireClasses(checkpoint, saved.classes, classes)
  if (saved.seed !== seed) {
    const what = `is ${seed}, but ${checkpoint} was trained with ${saved.seed}`
    throw new ConfigError('seed', what, 'resume with that seed')
  }
  if (saved.iterationsPerEpoch !== iterationsPerEpoch) {
    throw new ConfigError(
      'data.train',
      `gives ${iterationsPerEpoch} iterations an epoch, but ${checkpoint} was trained with ${saved.iterationsPerEpoch}`,
      'resume with the same data and batch size, or start anew from its weights with --load-from',
    )
  }
}

function metadataOf(
  { seed, classes, config }: TrainOptions,
  position: { iteration: number; iterationsPerEpoch: number; lambda: number },
): CheckpointMetadata {
  return { ...position, seed, randomVersion: RANDOM_VERSION, classes, config }
}

/** Lambda of the update that follows `iteration` others. */
function lambdaOf(schedule: ScheduleOptions, iteration: number, iterationsPerEpoch: number) {
  if (schedule.deepTraining === undefined) return 1
  return lambdaAt(Math.floor(iteration / iterationsPerEpoch), schedule.deepTraining)
}

async function take<Batch>(
  batches: AsyncGenerator<{ readonly tensors: Batch }>,
  count: number,
): Promise<Batch[]> {
  const taken: Batch[] = []
  while (taken.length < count) {
    const { value, done } = await batches.next()
    if (done) throw new Error('train: the loader ended, but it has to go on for all epochs')
    taken.push(value.tensors)
  }
  return taken
}

/** Whether, and how, the loss is scaled. */
function lossScaling({ lossScale, compute }: TrainOptions): LossScaleOptions | undefined {
  return lossScale ?? (compute?.precision === 'fp16' ? {} : undefined)
}

function toldScale(lossScale: LossScaleState | undefined): object {
  return { lossScale: lossScale?.scale, skippedUpdates: lossScale?.skippedUpdates }
}

function requireScale(
  lossScale: LossScaleState,
  iteration: number,
  checkpoint: string | undefined,
): void {
  if (!isExhausted(lossScale)) return
  throw new TrainingError(
    `at iteration ${iteration} the loss scale fell below 1 after ${lossScale.skippedUpdates} skipped updates, ` +
      `since activations or gradients overflow float16; ${lastSave(checkpoint)}`,
    'go on in precision fp32, or lower optimizer.learningRate',
  )
}

function notFinite(
  metrics: Readonly<Record<string, number>>,
  iteration: number,
  checkpoint: string | undefined,
): TrainingError {
  const broken = Object.entries(metrics).filter(([, value]) => !Number.isFinite(value))
  const told = broken.map(([name, value]) => `${name} is ${value}`).join(', ')
  return new TrainingError(
    `at iteration ${iteration} ${told}; ${lastSave(checkpoint)}`,
    'lower optimizer.learningRate, lengthen schedule.warmupIters, or set optimizer.maxGradNorm',
  )
}

function lastSave(checkpoint: string | undefined): string {
  return checkpoint ? `the last checkpoint is ${basename(checkpoint)}` : 'nothing was saved'
}

function trainableShapes(detector: Detector): Record<string, readonly number[]> {
  const trainable = detector.namedParameters().filter(([, parameter]) => parameter.trainable)
  return Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
}
