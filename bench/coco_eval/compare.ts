import { median } from '../../benchmark/time_in_turns.js'
import type { ResultKind } from '../coco_generator/results_file.js'
import { type Candidate, type Measurement, PHASES, type Phase } from './candidates.js'

export interface CompareOptions {
  kind: ResultKind
  files: [annotations: string, results: string]
  counts: [images: number, annotations: number, results: number]
  candidates: readonly Candidate[]
  runs: number
  onProgress(done: number, total: number): void
}

/** Medians over the runs of one candidate. */
export interface Standing {
  name: string
  seconds: Partial<Record<Phase, number>>
  peakBytes: number
  stats?: number[]
  /** Seconds of each run, from files to numbers. */
  totals: number[]
}

export interface Comparison extends Pick<CompareOptions, 'kind' | 'counts' | 'runs'> {
  /** Standings, in the order of the candidates. */
  standings: Standing[]
}

/**
 * Lets the candidates evaluate the same files in turn (A B A B ...), which slow moments of the
 * machine hit alike.
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { kind, files, counts, candidates, runs, onProgress } = options
  const measured: Measurement[][] = candidates.map(() => [])
  for (let run = 0; run < runs; run++)
    for (const [i, candidate] of candidates.entries()) {
      measured[i].push(await candidate.measure(...files, kind))
      onProgress(run * candidates.length + i + 1, runs * candidates.length)
    }
  const standings = candidates.map(({ name }, i) => standingOf(name, measured[i]))
  return { kind, counts, runs, standings }
}

function standingOf(name: string, runs: readonly Measurement[]): Standing {
  const phases = PHASES.filter((phase) => runs[0].seconds[phase] !== undefined)
  const secondsOf = (phase: Phase) => runs.map(({ seconds }) => seconds[phase] as number)
  return {
    name,
    seconds: Object.fromEntries(phases.map((phase) => [phase, median(secondsOf(phase))])),
    peakBytes: median(runs.map(({ peakBytes }) => peakBytes)),
    stats: runs[0].stats,
    totals: secondsOf('total'),
  }
}
