/**
 * Training, from the first iteration to the last: the file to read first.
 *
 * An iteration is one update of the weights (`updates.ts`); `clock.ts` knows what belongs to it and
 * where epochs end. In mixed precision an update is left out where gradients overflow: the
 * iteration counts all the same.
 */
import { basename, join } from 'node:path'
import { graphCache } from './graph_cache.js'
import { listenForInterrupt } from './interrupt.js'
import { MetricsLog } from './metrics_log.js'
import { startProgress } from './progress.js'
import { RunEvaluations } from './run_evaluations.js'
import { EVALUATIONS_FILE, METRICS_FILE } from './run_files.js'
import { RunLog } from './run_log.js'
import { RunSaver } from './run_saver.js'
import { summarizeScores } from './score_summary.js'
import { type Run, startRun } from './start_run.js'
import type { TrainOptions, TrainResult } from './train_options.js'
import { Updates } from './updates.js'
import { withCleanup } from './with_cleanup.js'
import { checkWorkDir, openWorkDir, prepareWorkDir } from './work_dir.js'

/**
 * Trains a model and saves checkpoints and metrics in a work dir, which one training at a time
 * writes in.
 *
 * An error that comes late - of data, of an evaluation, of the engine, of a full disk - ends the
 * run like an interrupt: what it has done is saved first, and the message reports where.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  await checkWorkDir(options)
  const lock = await openWorkDir(options.workDir)
  return withCleanup(async () => {
    const { cacheSize, note } = graphCache(options.loader.shapeCount, process.availableMemory())
    const run = await startRun(options, cacheSize)
    const notes = note === undefined ? lock.notes : [...lock.notes, note]
    const close = [() => run.iterations.dispose(), () => run.state.dispose()]
    return await withCleanup(() => continueRun(run, options, notes), close)
  }, [() => lock.release()])
}

const DRAWS_DIFFER =
  'the checkpoint was saved by a version with another random generator: weights, moments and position go on, ' +
  'but image order, augmentation and noise are drawn anew from here'

/** Takes a run from where it stands to the end that is asked for. */
async function continueRun(
  run: Run,
  options: TrainOptions,
  notes: readonly string[],
): Promise<TrainResult> {
  const { clock } = run
  const { iteration: start, total } = clock
  const { epochs } = options.schedule
  await prepareWorkDir(options)
  const metricsLog = await MetricsLog.open(join(options.workDir, METRICS_FILE), start)
  const evaluationLog = await MetricsLog.open(join(options.workDir, EVALUATIONS_FILE), start)
  const progress = startProgress({ start, total, epochs, stream: options.progressStream })
  const abort = new AbortController()
  const interrupt = listenForInterrupt(() => {
    progress.say('stopping after this iteration')
    abort.abort()
  })
  const log = new RunLog(run, options, metricsLog, progress)
  const evaluations = new RunEvaluations(run, options, evaluationLog, progress)
  const saver = new RunSaver(run, options)
  const updates = new Updates(run, options, progress)
  for (const note of notes) progress.say(note)
  if (run.drawsDiffer) progress.say(DRAWS_DIFFER)

  const save = async () => progress.say(`saved ${basename(await saver.save())}`)
  const trainAll = async () => {
    if (log.isOwed) await log.write()
    if (run.isOfWorkDir) await evaluations.catchUp(abort.signal)
    while (!clock.isDone && !interrupt.requested()) {
      await updates.next()
      if (log.isDue) await log.write()
      if (saver.isDue) await save()
      if (evaluations.isDue && !interrupt.requested()) await evaluations.run(abort.signal)
    }
    if (!saver.isUpToDate) await save()
  }
  await withCleanup(async () => {
    try {
      await trainAll()
    } catch (error) {
      throw await saver.rescue(error)
    }
    run.state.writeTo(options.model)
  }, [() => interrupt.stop(), () => progress.stop(), () => updates.stop()])

  const isWhole = clock.isDone && !(interrupt.requested() && evaluations.isDue)
  const end = clock.iteration === clock.scheduled ? 'finished' : 'maxIters'
  const { top1, ...ap } = summarizeScores(evaluations.lines)
  return {
    iteration: clock.iteration,
    checkpoint: run.checkpoint ?? '',
    reason: isWhole ? end : 'interrupted',
    ...(Object.keys(ap).length > 0 && { ap }),
    ...(top1 && { top1 }),
  }
}
