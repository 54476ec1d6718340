import type { LogLine, MetricsLog } from './metrics_log.js'
import type { Progress } from './progress.js'
import type { Run } from './start_run.js'
import type { TrainOptions } from './train_options.js'

export interface RunEvaluationsOptions
  extends Pick<TrainOptions, 'detector' | 'ema' | 'hooks' | 'evaluation'> {
  log: MetricsLog
  iterationsPerEpoch: number
  /** Iterations of the whole schedule; its end is always evaluated. */
  scheduled: number
  lambdaAt(iteration: number): number
}

/** The evaluations of a run: which are due, and what they found. */
export class RunEvaluations {
  /** Lines of `evaluations.jsonl`. */
  readonly lines: LogLine[]

  constructor(private readonly options: RunEvaluationsOptions) {
    this.lines = [...options.log.kept]
  }

  /** True at the end of an epoch that is to be evaluated and was not. */
  isDue(iteration: number): boolean {
    return this.epochsDue(iteration).includes(iteration / this.options.iterationsPerEpoch)
  }

  /** Epochs up to an iteration that are to be evaluated and were not. */
  epochsDue(iteration: number): number[] {
    const { hooks, evaluation, iterationsPerEpoch, scheduled } = this.options
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
   * Evaluates a run at the end of an epoch. A signal that aborts ends it early and leaves it due.
   */
  async run({ state, iteration }: Run, progress: Progress, signal: AbortSignal): Promise<void> {
    const { detector, ema, hooks, log, iterationsPerEpoch, lambdaAt } = this.options
    const epoch = iteration / iterationsPerEpoch
    progress.say(`evaluating epoch ${epoch}`)
    state.writeTo(detector, ema ? 'ema' : 'model')
    // Lambda is of the last update, as is that of the checkpoint.
    const at = { epoch, iteration, lambda: lambdaAt(iteration - 1), signal }
    try {
      const found = await hooks!.evaluate!(at)
      const line = { iter: iteration, epoch, ...found }
      await log.append(line)
      this.lines.push(line)
      progress.evaluated(line)
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error
    }
  }
}
