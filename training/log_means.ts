import type { LogSums } from './checkpoint.js'
import type { LogLine } from './metrics_log.js'
import type { ProgressLine } from './progress.js'

/** Seconds that an iteration took. */
export interface IterationTimes {
  /** All but `compileTime`. */
  time: number
  /** Part of `time`: waiting for data. */
  dataTime: number
  /** Making graphs; 0 where they were there. */
  compileTime: number
}

const NO_TIMES = { count: 0, time: 0, dataTime: 0 }

/** Means of what was measured since the last logged line. */
export class LogMeans {
  /** Goes into checkpoints; times do not, since they never come again. */
  readonly log: LogSums
  /**
   * Times of iterations that only ran graphs, and of those that made one, whose first runs are
   * slow, too.
   */
  private steps = { ...NO_TIMES }
  private warmUps = { ...NO_TIMES }
  private compileTime = 0

  constructor(log: LogSums) {
    this.log = log
  }

  /**
   * @param values undefined for an iteration that made no update: it has a time, but no part in
   *   the means.
   */
  add(
    values: Readonly<Record<string, number>> | undefined,
    { time, dataTime, compileTime }: IterationTimes,
  ): void {
    const { sums } = this.log
    if (values) this.log.count++
    for (const [name, value] of Object.entries(values ?? {})) sums[name] = (sums[name] ?? 0) + value
    const times = compileTime > 0 ? this.warmUps : this.steps
    times.count++
    times.time += time
    times.dataTime += dataTime
    this.compileTime += compileTime
  }

  /**
   * @returns `head` with the means; without them if no iteration made an update. Times are those
   *   of this process, and of iterations that made no graph, unless all did; `compileTime` is the
   *   sum of what graphs took to make.
   */
  line(head: { iter: number; epoch: number; lr: number }): ProgressLine & LogLine {
    const { count, sums } = this.log
    const means = Object.entries(sums).map(([name, sum]) => [name, sum / count] as const)
    const times = this.steps.count > 0 ? this.steps : this.warmUps
    const iterations = Math.max(1, times.count)
    return {
      ...head,
      ...Object.fromEntries(means),
      time: times.time / iterations,
      dataTime: times.dataTime / iterations,
      ...(this.compileTime > 0 && { compileTime: this.compileTime }),
      memoryMiB: process.resourceUsage().maxRSS / 1024,
    }
  }

  /** Begins anew, after a line has been written. */
  clear(): void {
    this.log.count = 0
    this.log.sums = {}
    this.steps = { ...NO_TIMES }
    this.warmUps = { ...NO_TIMES }
    this.compileTime = 0
  }
}
