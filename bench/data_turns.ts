import { setTimeout } from 'node:timers/promises'
import { median, timeInTurns } from '../benchmark/time_in_turns.js'

/** What a side measured of its own turn. */
export interface Turn {
  pictures: number
  /** From the first timed batch to the last. */
  seconds: number
  /**
   * Seconds of all its threads or processes, in that time; null where the system does not report
   * it.
   */
  cpuSeconds: number | null
  /**
   * Seconds of the thread that takes the batches alone; null where the system does not report it.
   */
  mainSeconds: number | null
}

/** Two sides that make the same batches; the second is PyTorch's, where there is one. */
export type Sides = readonly [ours: () => Promise<Turn>, torch?: () => Promise<Turn>]

export interface Pace {
  picturesPerSecond: number
  /** Milliseconds of the processors, for one picture; null where the system does not report it. */
  cpuMilliseconds: number | null
  /** Part of those that the thread that takes the batches has. */
  mainMilliseconds: number | null
}

export interface DataComparison {
  workers: number
  ours: Pace
  torch?: Pace
  /**
   * Pictures a second of ours for one of PyTorch's: the median over pairs of turns, the least and
   * the most.
   */
  ratio?: { median: number; least: number; most: number }
}

/**
 * Lets both sides take `runs` turns, after one that counts for nothing.
 *
 * @param options `rest`: milliseconds between turns, in which a side makes batches ahead and
 *   comes to rest.
 */
export async function compareTurns(
  workers: number,
  sides: Sides,
  options: { runs: number; rest: number; onProgress?(done: number, total: number): void },
): Promise<DataComparison> {
  const present = sides.filter((side) => side !== undefined)
  const turns: Turn[][] = present.map(() => [])
  const calls = present.map((side, i) => async () => {
    const turn = await side()
    await setTimeout(options.rest)
    turns[i].push(turn)
    return turn.seconds * 1000
  })
  await timeInTurns(calls, { ...options, warmup: 1 })
  const [ours, torch] = turns.map((list) => list.slice(1))
  if (torch === undefined) return { workers, ours: paceOf(ours) }
  const ratios = ours.map((turn, i) => rateOf(turn) / rateOf(torch[i]))
  return {
    workers,
    ours: paceOf(ours),
    torch: paceOf(torch),
    ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
  }
}

function rateOf({ pictures, seconds }: Turn): number {
  return pictures / seconds
}

function paceOf(turns: readonly Turn[]): Pace {
  const millisecondsOf = (key: 'cpuSeconds' | 'mainSeconds') => {
    const each = turns.map((turn) => turn[key] && (1000 * turn[key]) / turn.pictures)
    return each.includes(null) ? null : median(each as number[])
  }
  return {
    picturesPerSecond: median(turns.map(rateOf)),
    cpuMilliseconds: millisecondsOf('cpuSeconds'),
    mainMilliseconds: millisecondsOf('mainSeconds'),
  }
}

/** One line for each side, and one for their ratio. */
export function comparisonLines({ workers, ours, torch, ratio }: DataComparison): string[] {
  const lines = [
    `${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    `  ours     ${describe(ours)}`,
  ]
  if (torch === undefined || ratio === undefined) return lines
  const [middle, least, most] = [ratio.median, ratio.least, ratio.most].map((x) => x.toFixed(2))
  return [
    ...lines,
    `  PyTorch  ${describe(torch)}`,
    `  ours makes ${middle} pictures for one of PyTorch's (${least} to ${most})`,
  ]
}

function describe({ picturesPerSecond, cpuMilliseconds, mainMilliseconds }: Pace): string {
  const parts = [`${picturesPerSecond.toFixed(1)} pictures a second`]
  if (cpuMilliseconds !== null)
    parts.push(`${cpuMilliseconds.toFixed(1)} ms of the processors each`)
  if (mainMilliseconds !== null) parts.push(`${mainMilliseconds.toFixed(2)} on the main thread`)
  return parts.join(', ')
}
