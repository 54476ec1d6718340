import type { BenchmarkRow, BenchmarkTimes } from './benchmark_document.js'
import type { RunTimes } from './candidate.js'
import { isWithin, spreadOf } from './spread.js'
import { median, quantile } from './time_in_turns.js'

export interface TimingPlan {
  /** Images at a time. */
  batch: number
  /** Runs before the timing, which come first. */
  warmup: number
  /** Timed runs of each repeat. */
  runs: number
  repeats: number
  /** Largest spread of a result. */
  maxSpread: number
}

type TimedPart = Pick<
  BenchmarkRow,
  | 'warmupMs'
  | 'preprocessMs'
  | 'networkMs'
  | 'postprocessMs'
  | 'latencyMs'
  | 'fps'
  | 'repeats'
  | 'spread'
  | 'isResult'
>

/** What a row reports of all runs of a detector, in the order they were made. */
export function rowTimes(
  times: readonly RunTimes[],
  { batch, warmup, runs, repeats, maxSpread }: TimingPlan,
): TimedPart {
  const timed = times.slice(warmup)
  const latencyMs = timesOf(timed, 'total')
  const medians = Array.from(
    { length: repeats },
    (_, i) => timesOf(timed.slice(i * runs, (i + 1) * runs), 'total').median,
  )
  const spread = spreadOf(medians)
  return {
    warmupMs: times.slice(0, warmup).map(({ total }) => total),
    preprocessMs: timesOf(timed, 'preprocess'),
    networkMs: timesOf(timed, 'network'),
    postprocessMs: timesOf(timed, 'postprocess'),
    latencyMs,
    fps: (1000 * batch) / latencyMs.median,
    repeats: medians.map((median) => ({ median })),
    spread,
    isResult: isWithin(spread, maxSpread),
  }
}

function timesOf(times: readonly RunTimes[], part: keyof RunTimes): BenchmarkTimes {
  const values = times.map((run) => run[part])
  return { median: median(values), p95: quantile(values, 0.95) }
}
