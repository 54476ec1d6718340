import type { MetricsLog } from './metrics_log.js'
import type { Progress } from './progress.js'
import { lossScaling, type Run } from './start_run.js'
import type { TrainOptions } from './train_options.js'

/** The lines of `metrics.jsonl`: means of the iterations since the one before. */
export class RunLog {
  /** @param file `metrics.jsonl`, up to where the run stands. */
  constructor(
    private readonly run: Run,
    private readonly options: TrainOptions,
    private readonly file: MetricsLog,
    private readonly progress: Progress,
  ) {}

  /** True at the iterations that end with a line. */
  get isDue(): boolean {
    return this.run.clock.iteration % this.options.logging.interval === 0
  }

  /** True where a resumed run has means of a line that a full disk took. */
  get isOwed(): boolean {
    return this.isDue && this.run.means.log.count > 0
  }

  async write(): Promise<void> {
    const { lossScale, means, clock } = this.run
    const { iteration: iter, iterationsPerEpoch } = clock
    const line = means.line({
      iter,
      epoch: Math.ceil(iter / iterationsPerEpoch),
      lr: clock.rateAt(iter - 1),
      ...(lossScaling(this.options) && {
        lossScale: lossScale?.scale,
        skippedUpdates: lossScale?.skippedUpdates,
      }),
    })
    await this.file.append(line)
    means.clear()
    this.progress.report(line)
    this.options.hooks?.onLog?.(line)
  }
}
