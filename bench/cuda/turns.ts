import type { Failure, SideTimes } from '../../benchmark/cuda_document.js'
import { median, quantile } from '../../benchmark/time_in_turns.js'

/** One side of a comparison. */
export interface Lane {
  /** Takes a step, and returns how long it took, milliseconds. */
  step(): Promise<number>
}

export interface TurnOptions {
  turns: number
  /** Timed steps of a turn; one more comes before them, since the other side has had the device. */
  steps: number
}

/** Milliseconds of the timed steps of each turn, or why there are none. */
export type LaneTimes = number[][] | Failure

/** Lets sides take turns of several steps. One that fails is left out from then on. */
export async function inTurns(
  lanes: readonly (Lane | Failure)[],
  { turns, steps }: TurnOptions,
): Promise<LaneTimes[]> {
  const times: LaneTimes[] = lanes.map((lane) => ('error' in lane ? lane : []))
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, lane] of lanes.entries()) {
      const ofLane = times[i]
      if ('error' in lane || 'error' in ofLane) continue
      const taken = await attempt(async () => {
        await lane.step()
        return stepTimes(lane, steps)
      })
      if ('error' in taken) times[i] = taken
      else ofLane.push(taken)
    }
  }
  return times
}

/** Steps before the timing: the first ones load, search for algorithms and take memory. */
export async function warmUp(lane: Lane, steps: number): Promise<number[]> {
  return stepTimes(lane, steps)
}

async function stepTimes(lane: Lane, steps: number): Promise<number[]> {
  const times: number[] = []
  for (let step = 0; step < steps; step++) times.push(await lane.step())
  return times
}

/** What `work` gives, or why it failed, in one line. */
export async function attempt<Result>(work: () => Promise<Result>): Promise<Result | Failure> {
  try {
    return await work()
  } catch (error) {
    return { error: firstLine(error) }
  }
}

/** The timed part of a side. */
export function sideTimes(
  times: number[][],
  batch: number,
): Pick<SideTimes, 'ms' | 'perTurn' | 'imagesPerSecond'> {
  const all = times.flat()
  const ms = { median: median(all), p95: quantile(all, 0.95) }
  return { ms, perTurn: times.map(median), imagesPerSecond: (1000 * batch) / ms.median }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n')[0].slice(0, 500)
}
