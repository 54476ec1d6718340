/**
 * Training, from the first iteration to the last: the file to read first.
 *
 * An iteration is one update of the weights. It takes `optimizer.accumulate` batches; an epoch is
 * all batches once, and its last update may take fewer. In mixed precision an update is left out
 * where gradients overflow: the iteration counts all the same.
 */
import { basename, join } from 'node:path'
import { RANDOM_VERSION, Random } from '../random/random.js'
import { type ApSummaries, summarizeAp } from './ap_summary.js'
import { notFinite, requireScale } from './divergence.js'
import { withNoise } from './draw_noise.js'
import { graphCache } from './graph_cache.js'
import { listenForInterrupt } from './interrupt.js'
import type { IterationInputs } from './iteration.js'
import { MetricsLog } from './metrics_log.js'
import { type LossScaleState, nextLossScale } from './optim/loss_scale.js'
import { lambdaAt, learningRateAt } from './optim/schedule.js'
import { startProgress } from './progress.js'
import { RunEvaluations } from './run_evaluations.js'
import { EVALUATIONS_FILE, METRICS_FILE } from './run_files.js'
import { RunSaver } from './run_saver.js'
import { lossScaling, type Run, startRun } from './start_run.js'
import type { TrainOptions } from './train_options.js'
import { withCleanup } from './with_cleanup.js'
import { checkWorkDir, openWorkDir, prepareWorkDir } from './work_dir.js'

export interface TrainResult {
  /** Iterations done, those before a resume included. */
  iteration: number
  /** The newest checkpoint. */
  checkpoint: string
  reason: 'finished' | 'maxIters' | 'interrupted'
  /** Last and best AP of the run's evaluations, if there were any. */
  ap?: ApSummaries
}

/**
 * Trains a detector and saves checkpoints and metrics in a work dir, which one training at a time
 * writes in.
 *
 * An error that comes late - of data, of an evaluation, of the engine, of a full disk - ends the
 * run like an interrupt: what it has done is saved first, and the message says where.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  await checkWorkDir(options)
  const lock = await openWorkDir(options.workDir)
  return withCleanup(async () => {
    const { cacheSize, note } = graphCache(options.loader.shapeCount, process.availableMemory())
    const { iterationsPerEpoch } = lengthOf(options)
    const run = await startRun(options, { iterationsPerEpoch, cacheSize })
    const notes = note === undefined ? lock.notes : [...lock.notes, note]
    const close = [() => run.iterations.dispose(), () => run.state.dispose()]
    return await withCleanup(() => goOn(run, options, notes), close)
  }, [() => lock.release()])
}

const DRAWS_DIFFER =
  'the checkpoint was saved by a version with another random generator: weights, moments and position go on, ' +
  'but image order, augmentation and noise are drawn anew from here'

/** Takes a run from where it stands to the end that is asked for. */
async function goOn(
  run: Run,
  options: TrainOptions,
  notes: readonly string[],
): Promise<TrainResult> {
  const { detector, loader, workDir, hooks, logging } = options
  const { accumulate, iterationsPerEpoch, scheduled, total } = lengthOf(options)
  const scaling = lossScaling(options)
  await prepareWorkDir(options)
  const metricsLog = await MetricsLog.open(join(workDir, METRICS_FILE), run.iteration)
  const evaluationLog = await MetricsLog.open(join(workDir, EVALUATIONS_FILE), run.iteration)
  const lambdaOf = (iteration: number) => lambdaAfter(options, iteration)
  const evaluations = new RunEvaluations({
    ...options,
    log: evaluationLog,
    iterationsPerEpoch,
    scheduled,
    lambdaAt: lambdaOf,
  })
  const saver = new RunSaver(run, {
    workDir,
    keep: options.checkpoint.keep,
    metadataAt(iteration) {
      const { seed, classes, config } = options
      const lambda = lambdaOf(Math.max(0, iteration - 1))
      const position = { iteration, iterationsPerEpoch, lambda }
      return { ...position, seed, randomVersion: RANDOM_VERSION, classes, config }
    },
  })

  const { iteration: start } = run
  const { epochs } = options.schedule
  const progress = startProgress({ start, total, epochs, stream: options.progressStream })
  for (const note of notes) progress.say(note)
  if (run.drawsDiffer) progress.say(DRAWS_DIFFER)
  const abort = new AbortController()
  const interrupt = listenForInterrupt(() => {
    progress.say('stopping after this iteration')
    abort.abort()
  })

  const save = async () => progress.say(`saved ${basename(await saver.save())}`)
  const evaluate = () => evaluations.run(run, progress, abort.signal)
  const log = async () => {
    const { iteration, lossScale, means } = run
    const line = means.line({
      iter: iteration,
      epoch: Math.ceil(iteration / iterationsPerEpoch),
      lr: rateAfter(options, iteration - 1),
      ...(scaling && loggedScale(lossScale)),
    })
    await metricsLog.append(line)
    means.clear()
    progress.report(line)
    hooks?.onLog?.(line)
  }

  const firstBatch = (start % iterationsPerEpoch) * accumulate
  const batches = loader.batches({
    epoch: Math.floor(start / iterationsPerEpoch),
    iteration: firstBatch,
  })

  const iterate = async () => {
    const startedAt = performance.now()
    const { iteration } = run
    const epoch = Math.floor(iteration / iterationsPerEpoch)
    const batchInEpoch = (iteration % iterationsPerEpoch) * accumulate
    const count = Math.min(accumulate, loader.iterationsPerEpoch - batchInEpoch)
    const taken = (await take(batches, count)).map((batch, i) => {
      const random = new Random(options.seed, 'noise', epoch, batchInEpoch + i)
      return withNoise(detector, batch, random)
    })
    const loadedAt = performance.now()
    const inputs: IterationInputs = {
      batches: taken,
      learningRate: rateAfter(options, iteration),
      step: iteration + 1 - (run.lossScale?.skippedUpdates ?? 0),
      lambda: lambdaOf(iteration),
      lossScale: scaling && run.lossScale?.scale,
    }
    if (iteration === start) progress.compiling(shapeOf(taken[0]))
    let compiled = 0
    await run.iterations.prepare(inputs, (batch) => {
      compiled++
      const isTold = iteration === start && batch === taken[0]
      if (loader.shapeCount !== undefined && !isTold) progress.compiling(shapeOf(batch))
    })
    const compiledAt = performance.now()

    const { metrics, isUpdated } = await run.iterations.run(inputs)
    for (const batch of taken) loader.reuse?.(batch)
    const update = { iteration: iteration + 1, checkpoint: run.checkpoint }
    if (scaling && run.lossScale) {
      run.lossScale = nextLossScale(run.lossScale, isUpdated, scaling)
      requireScale(run.lossScale, update)
    } else if (!isUpdated) throw notFinite(metrics, update)
    run.iteration++

    const compileTime = compiled > 0 ? compiledAt - loadedAt : 0
    run.means.add(isUpdated ? metrics : undefined, {
      time: (performance.now() - startedAt - compileTime) / 1000,
      dataTime: (loadedAt - startedAt) / 1000,
      compileTime: compileTime / 1000,
    })
    progress.advance(run.iteration)
  }

  const trainAll = async () => {
    // A full disk took it
    if (run.means.log.count > 0 && start % logging.interval === 0) await log()
    if (run.isOfWorkDir) {
      const missed = evaluations.epochsDue(start - 1)
      if (missed.length > 0) progress.say(missedText(missed))
      if (evaluations.isDue(start)) await evaluate()
    }
    while (run.iteration < total && !interrupt.requested()) {
      await iterate()
      const { iteration } = run
      if (iteration % logging.interval === 0) await log()
      const epochsDone = iteration / iterationsPerEpoch // whole where an epoch ends
      if (epochsDone % options.checkpoint.interval === 0 || iteration === total) await save()
      if (evaluations.isDue(iteration) && !interrupt.requested()) await evaluate()
    }
    if (!saver.isUpToDate) await save()
  }

  await withCleanup(async () => {
    try {
      await trainAll()
    } catch (error) {
      throw await saver.rescue(error)
    }
    run.state.writeTo(detector)
  }, [() => interrupt.stop(), () => progress.stop(), () => batches.return(undefined)])

  const { iteration, checkpoint = '' } = run
  const isWhole = iteration >= total && !(interrupt.requested() && evaluations.isDue(iteration))
  const reason = isWhole ? (iteration === scheduled ? 'finished' : 'maxIters') : 'interrupted'
  const ap = summarizeAp(evaluations.lines)
  return { iteration, checkpoint, reason, ...(Object.keys(ap).length > 0 && { ap }) }
}

/** Iterations: of an epoch, of the schedule, and until this run is to stop. */
function lengthOf({ loader, optimizer, schedule, maxIters }: TrainOptions) {
  const { accumulate = 1 } = optimizer
  const iterationsPerEpoch = Math.ceil(loader.iterationsPerEpoch / accumulate)
  const scheduled = schedule.epochs * iterationsPerEpoch
  const total = Math.min(scheduled, maxIters ?? scheduled)
  return { accumulate, iterationsPerEpoch, scheduled, total }
}

/** Learning rate of the update that follows `iteration` others. */
function rateAfter(options: TrainOptions, iteration: number): number {
  const { iterationsPerEpoch } = lengthOf(options)
  const position = { iteration, iterationsPerEpoch }
  return learningRateAt(options.optimizer.learningRate, options.schedule, position)
}

/** Lambda of the update that follows `iteration` others. */
function lambdaAfter(options: TrainOptions, iteration: number): number {
  const { deepTraining } = options.schedule
  if (deepTraining === undefined) return 1
  return lambdaAt(Math.floor(iteration / lengthOf(options).iterationsPerEpoch), deepTraining)
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

/** Height and width of a batch, padded, input pixels, and places for objects. */
function shapeOf({ images, labels }: IterationInputs['batches'][number]): number[] {
  return [images.shape[1], images.shape[2], labels.shape[1]]
}

/** Weights of an epoch that has gone by are at most in its checkpoint. */
function missedText(epochs: readonly number[]): string {
  const which = `${epochs.length === 1 ? 'epoch' : 'epochs'} ${epochs.join(', ')}`
  return `${which} went by without evaluation; what checkpoints are left of them, the test command evaluates`
}

function loggedScale(lossScale: LossScaleState | undefined): object {
  return { lossScale: lossScale?.scale, skippedUpdates: lossScale?.skippedUpdates }
}
