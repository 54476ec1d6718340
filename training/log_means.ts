import type { LogSums } from './checkpoint.js'
import type { LogLine } from './metrics_log.js'
import type { ProgressLine } from './progress.js'

/** Means of what was measured since the last logged line. */
export class LogMeans {
  /** Goes into checkpoints; times do not, since they never come again. */
  readonly log: LogSums
  private times = { count: 0, time: 0, dataTime: 0 }

  constructor(log: LogSums) {
    this.log = log
  }

  /** @param values undefined for an iteration that made no update: it has a time, but no part in the means. */
  add(
    values: Readonly<Record<string, number>> | undefined,
    seconds: { time: number; dataTime: number },
  ): void {
    const { sums } = this.log
    if (values) this.log.count++
    for (const [name, value] of Object.entries(values ?? {})) sums[name] = (sums[name] ?? 0) + value
    this.times.count++
    this.times.time += seconds.time
    this.times.dataTime += seconds.dataTime
  }

  /** @returns `head` with the means; without them if no iteration made an update. Times are those of this process. */
  line(head: { iter: number; epoch: number; lr: number }): ProgressLine & LogLine {
    const { count, sums } = this.log
    const means = Object.entries(sums).map(([name, sum]) => [name, sum / count] as const)
    const iterations = Math.max(1, this.times.count)
    return {
      ...head,
      ...Object.fromEntries(means),
      time: this.times.time / iterations,
      dataTime: this.times.dataTime / iterations,
      memoryMiB: process.resourceUsage().maxRSS / 1024,
    }
  }

  /** Begins anew, after a line has been written. */
  clear(): void {
    this.log.count = 0
    this.log.sums = {}
    this.times = { count: 0, time: 0, dataTime: 0 }
  }
}
