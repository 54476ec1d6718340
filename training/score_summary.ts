import type { LogLine } from './metrics_log.js'

/** A score and the number of its epoch, from 1. */
export type EpochScore<Name extends string> = { epoch: number } & Record<Name, number>

/** Last and best score of all evaluations of a run, those before a resume included. */
export interface ScoreSummary<Name extends string> {
  last: EpochScore<Name>
  /** The first of the highest. */
  best: EpochScore<Name>
}

/** AP of boxes and masks of detectors, top-1 accuracy of classifiers. */
export interface ScoreSummaries {
  bbox?: ScoreSummary<'AP'>
  segm?: ScoreSummary<'AP'>
  top1?: ScoreSummary<'top1'>
}

interface Kind {
  /** What people read. */
  title: string
  score: 'AP' | 'top1'
  /** Where a line of `evaluations.jsonl` has it. */
  read(line: LogLine): unknown
}

const apOf = (part: unknown) => (part as { AP?: unknown } | undefined)?.AP

const KINDS: Record<keyof ScoreSummaries, Kind> = {
  bbox: { title: 'box AP', score: 'AP', read: ({ bbox }) => apOf(bbox) },
  segm: { title: 'mask AP', score: 'AP', read: ({ segm }) => apOf(segm) },
  top1: { title: 'top-1', score: 'top1', read: ({ top1 }) => top1 },
}

const ALL = Object.entries(KINDS) as [keyof ScoreSummaries, Kind][]

/**
 * Last and best scores in lines of `evaluations.jsonl`; nothing of what was not evaluated, or had
 * nothing to measure.
 */
export function summarizeScores(lines: readonly LogLine[]): ScoreSummaries {
  const summaries = ALL.flatMap(([name, { score, read }]) => {
    const measured = lines.flatMap((line) => {
      const value = read(line)
      return isMeasured(value) ? [{ epoch: Number(line.epoch), [score]: value }] : []
    })
    if (measured.length === 0) return []
    const best = measured.reduce((best, next) => (next[score] > best[score] ? next : best))
    return [[name, { last: measured.at(-1)!, best }]]
  })
  return Object.fromEntries(summaries)
}

/** `box AP 0.412, mask AP 0.378`, or `top-1 0.913`; empty where the line has none. */
export function describeScores(line: LogLine): string {
  const parts = ALL.flatMap(([, { title, read }]) => {
    const value = read(line)
    return isMeasured(value) ? [`${title} ${value.toFixed(3)}`] : []
  })
  return parts.join(', ')
}

/** `box AP 0.430 after epoch 12, the best 0.431 after epoch 11`, one line for each kind. */
export function scoreSummaryLines(summaries: ScoreSummaries): string[] {
  return ALL.flatMap(([name, { title, score }]) => {
    const summary = summaries[name]
    if (!summary) return []
    const [last, best] = [summary.last, summary.best].map((at) => {
      const value = (at as EpochScore<string>)[score]
      return `${value.toFixed(3)} after epoch ${at.epoch}`
    })
    return [`${title} ${last}, the best ${best}`]
  })
}

/** False for -1, which stands for nothing to measure. */
function isMeasured(value: unknown): value is number {
  return typeof value === 'number' && value >= 0
}
