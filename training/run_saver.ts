import { RANDOM_VERSION } from '../random/random.js'
import type { CheckpointMetadata } from '../weights/checkpoint_metadata.js'
import { addSentence, textOf } from './add_sentence.js'
import { saveCheckpoint } from './checkpoint.js'
import { Divergence } from './divergence.js'
import type { Run } from './start_run.js'
import type { TrainOptions } from './train_options.js'

/** Saves a run as it trains, and what it has done when it fails. */
export class RunSaver {
  private readonly startedAt: number
  private savedAt: number
  private hasFailed = false

  constructor(
    private readonly run: Run,
    private readonly options: TrainOptions,
  ) {
    const { iteration } = run.clock
    this.startedAt = iteration
    this.savedAt = run.checkpoint === undefined ? -1 : iteration
  }

  /** True where the newest checkpoint holds the run as it stands. */
  get isUpToDate(): boolean {
    return this.savedAt === this.run.clock.iteration
  }

  /** True where a checkpoint is to be written: after `interval` epochs, and at the end. */
  get isDue(): boolean {
    const { endsEpoch, epoch, iteration, total } = this.run.clock
    return (endsEpoch && epoch % this.options.checkpoint.interval === 0) || iteration === total
  }

  /** @throws TrainingError where the checkpoint cannot be written. */
  async save(): Promise<string> {
    const { run, options } = this
    const { means, lossScale } = run
    const { keep } = options.checkpoint
    const saved = { metadata: this.metadata(), log: means.log, lossScale, keep }
    this.hasFailed = true
    run.checkpoint = await saveCheckpoint(options.workDir, run.state.current, saved)
    this.hasFailed = false
    this.savedAt = run.clock.iteration
    return run.checkpoint
  }

  /**
   * Saves a run that an error ends, where it has done something since it started and its state is
   * good.
   *
   * @returns the error, with a sentence of what is saved, or why nothing could be.
   */
  async rescue(error: unknown): Promise<unknown> {
    const { clock, isOfWorkDir } = this.run
    const { iteration } = clock
    const hasDone = iteration > this.startedAt || (isOfWorkDir && this.isUpToDate)
    if (!hasDone || this.hasFailed || error instanceof Divergence) return error
    try {
      const checkpoint = this.isUpToDate ? this.run.checkpoint : await this.save()
      return addSentence(
        error,
        `What was done until iteration ${iteration} is saved as ${checkpoint}; go on with --resume`,
      )
    } catch (saving) {
      return addSentence(error, `What was done since could not be saved: ${textOf(saving)}`)
    }
  }

  /** Lambda is that of the last update, which the weights were trained at. */
  private metadata(): CheckpointMetadata {
    const { seed, classes, config } = this.options
    const { iteration, iterationsPerEpoch } = this.run.clock
    const lambda = this.run.clock.lambdaAt(Math.max(0, iteration - 1))
    const position = { iteration, iterationsPerEpoch, lambda }
    return { ...position, seed, randomVersion: RANDOM_VERSION, classes, config }
  }
}
