import type { LogLine } from './metrics_log.js'

/** AP of one evaluation. */
export interface EpochAp {
  /** From 1. */
  epoch: number
  AP: number
}

/** Summary of all evaluations of a run, those before a resume included. */
export interface ApSummary {
  last: EpochAp
  /** The first of the highest. */
  best: EpochAp
}

export type ApSummaries = { bbox?: ApSummary; segm?: ApSummary }

const KINDS = { bbox: 'box', segm: 'mask' } as const
type Kind = keyof typeof KINDS

/**
 * Last and best AP of boxes, and of masks, in lines of `evaluations.jsonl`; nothing of what has no
 * AP.
 */
export function summarizeAp(lines: readonly LogLine[]): ApSummaries {
  const summaries: ApSummaries = {}
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const measured = lines.flatMap((line) => {
      const AP = apOf(line, kind)
      return AP === undefined ? [] : [{ epoch: Number(line.epoch), AP }]
    })
    if (measured.length === 0) continue
    const best = measured.reduce((best, next) => (next.AP > best.AP ? next : best))
    summaries[kind] = { last: measured.at(-1)!, best }
  }
  return summaries
}

/** `box AP 0.412, mask AP 0.378`; empty where the line has none. */
export function describeAp(line: LogLine): string {
  const parts = (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
    const AP = apOf(line, kind)
    return AP === undefined ? [] : [`${KINDS[kind]} AP ${AP.toFixed(3)}`]
  })
  return parts.join(', ')
}

/** `box AP 0.430 after epoch 12, the best 0.431 after epoch 11`, one line for each kind. */
export function apSummaryLines(summaries: ApSummaries): string[] {
  return (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
    const summary = summaries[kind]
    if (!summary) return []
    const [last, best] = [summary.last, summary.best].map(
      ({ AP, epoch }) => `${AP.toFixed(3)} after epoch ${epoch}`,
    )
    return [`${KINDS[kind]} AP ${last}, the best ${best}`]
  })
}

/** Undefined where there is none, or nothing to measure (-1). */
function apOf(line: LogLine, kind: Kind): number | undefined {
  const AP = (line[kind] as { AP?: unknown } | undefined)?.AP
  return typeof AP === 'number' && AP >= 0 ? AP : undefined
}
