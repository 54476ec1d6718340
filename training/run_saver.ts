import type { CheckpointMetadata } from '../weights/checkpoint_metadata.js'
import { addSentence, textOf } from './add_sentence.js'
import { saveCheckpoint } from './checkpoint.js'
import { Divergence } from './divergence.js'
import type { Run } from './start_run.js'

export interface RunSaverOptions {
  workDir: string
  /** How many checkpoints are kept. */
  keep?: number
  metadataAt(iteration: number): CheckpointMetadata
}

/** Saves a run as it trains, and what it has done when it fails. */
export class RunSaver {
  private readonly startedAt: number
  private savedAt: number
  private hasFailed = false

  constructor(
    private readonly run: Run,
    private readonly options: RunSaverOptions,
  ) {
    this.startedAt = run.iteration
    this.savedAt = run.checkpoint === undefined ? -1 : run.iteration
  }

  /** True where the newest checkpoint holds the run as it stands. */
  get isUpToDate(): boolean {
    return this.savedAt === this.run.iteration
  }

  /** @throws TrainingError where the checkpoint cannot be written. */
  async save(): Promise<string> {
    const { run, options } = this
    const { iteration, lossScale } = run
    const metadata = options.metadataAt(iteration)
    const saved = { metadata, log: run.means.log, lossScale, keep: options.keep }
    this.hasFailed = true
    run.checkpoint = await saveCheckpoint(options.workDir, run.state.current, saved)
    this.hasFailed = false
    this.savedAt = iteration
    return run.checkpoint
  }

  /**
   * Saves a run that an error ends, where it has done something since it started and its state is
   * good.
   *
   * @returns the error, with a sentence of what is saved, or why nothing could be.
   */
  async rescue(error: unknown): Promise<unknown> {
    const { iteration, isOfWorkDir } = this.run
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
}
