import type { LogLine, MetricsLog } from './metrics_log.js'
import type { Progress } from './progress.js'
import type { Run } from './start_run.js'
import type { TrainOptions } from './train_options.js'

/** The evaluations of a run: which are due, and what they found. */
export class RunEvaluations {
  /** Lines of `evaluations.jsonl`. */
  readonly lines: LogLine[]

  /** @param log `evaluations.jsonl`, up to where the run stands. */
  constructor(
    private readonly current: Run,
    private readonly options: TrainOptions,
    private readonly log: MetricsLog,
    private readonly progress: Progress,
  ) {
    this.lines = [...log.kept]
  }

  /** True at the end of an epoch that is to be evaluated and was not. */
  get isDue(): boolean {
    const { iteration, iterationsPerEpoch } = this.current.clock
    return this.epochsDue(iteration).includes(iteration / iterationsPerEpoch)
  }

  /** Evaluates what a resumed run owes: the epoch that it stands at, and names those before. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const missed = this.epochsDue(this.current.clock.iteration - 1)
    if (missed.length > 0) this.progress.say(missedText(missed))
    if (this.isDue) await this.run(signal)
  }

  /** Epochs up to an iteration that are to be evaluated and were not. */
  private epochsDue(iteration: number): number[] {
    const { hooks, evaluation } = this.options
    const { iterationsPerEpoch, scheduled } = this.current.clock
    if (!hooks?.evaluate) return []
    const interval = evaluation?.interval ?? 1
    const evaluated = new Set(this.lines.map(({ iter }) => iter))
    const epochs = Array.from(
      { length: Math.floor(iteration / iterationsPerEpoch) },
      (_, i) => i + 1,
    )
    return epochs.filter((epoch) => {
      const end = epoch * iterationsPerEpoch
      return (epoch % interval === 0 || end === scheduled) && !evaluated.has(end)
    })
  }

  /**
   * Evaluates the run at the end of an epoch. A signal that aborts ends it early and leaves it due.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { model, ema, hooks } = this.options
    const { state, clock } = this.current
    const { iteration, epoch } = clock
    this.progress.say(`evaluating epoch ${epoch}`)
    state.writeTo(model, ema ? 'ema' : 'model')
    // Lambda is of the last update, as is that of the checkpoint.
    const at = { epoch, iteration, lambda: clock.lambdaAt(iteration - 1), signal }
    try {
      const found = await hooks!.evaluate!(at)
      const line = { iter: iteration, epoch, ...found }
      await this.log.append(line)
      this.lines.push(line)
      this.progress.evaluated(line)
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error
    }
  }
}

/** Weights of an epoch that has gone by are at most in its checkpoint. */
function missedText(epochs: readonly number[]): string {
  const which = `${epochs.length === 1 ? 'epoch' : 'epochs'} ${epochs.join(', ')}`
  return `${which} went by without evaluation; what checkpoints are left of them, the test command evaluates`
}
