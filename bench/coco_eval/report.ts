import type { ResultKind } from '../coco_generator/results_file.js'
import { PHASES } from './candidates.js'
import type { Comparison, Standing } from './compare.js'

/** How many times faster than pycocotools each kind is to be. */
const SPEED_BOUNDS: Partial<Record<ResultKind, number>> = { bbox: 8, segm: 4 }
/** Share of pycocotools' peak memory that may be used. */
const MEMORY_BOUND = 0.5
/** Images of the smallest set that the bounds are for; below, starting the processes decides. */
const BOUND_IMAGES = 5000
/** Largest difference between two numbers that count as equal. */
const TOLERANCE = 1e-12

/** One thing that is asked of a comparison. */
export interface Verdict {
  /** Verdict in words. */
  line: string
  /** Largest difference of the numbers, speed-up, share of memory. */
  value: number
  /** Undefined where nothing is asked. */
  passed?: boolean
}

/** A table of the phases. */
export function tableLines(comparison: Comparison): string[] {
  const { kind, counts, runs, standings } = comparison
  const [images, annotations, results] = counts
  const rows = [
    ['', ...standings.map(({ name }) => name)],
    ...PHASES.map((phase) => rowOf(phase, standings, ({ seconds }) => seconds[phase], seconds)),
    rowOf('peak memory', standings, ({ peakBytes }) => peakBytes, mebibytes),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return [
    `${kind}: ${images} images, ${annotations} annotations, ${results} results; medians of ${runs}, in brackets as multiples of ours`,
    ...rows.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] + 2))
        .join('')
        .trimEnd(),
    ),
  ]
}

function rowOf(
  title: string,
  standings: readonly Standing[],
  numberOf: (standing: Standing) => number | undefined,
  show: (value: number) => string,
): string[] {
  const ours = numberOf(oursOf(standings)) as number
  const cells = standings.map((standing) => {
    const value = numberOf(standing)
    if (value === undefined) return ''
    return standing.name === 'ours'
      ? show(value)
      : `${show(value).padEnd(9)} (${(value / ours).toFixed(2)}x)`
  })
  return [title, ...cells]
}

/**
 * What the standings mean: whether the numbers agree, how much faster ours is, and in how much of
 * the memory.
 */
export function verdictsOf({ kind, counts, standings }: Comparison): Verdict[] {
  const ours = oursOf(standings)
  const peers = standings.filter(({ name, stats }) => stats !== undefined && name !== 'ours')
  const pycocotools = peers.find(({ name }) => name.startsWith('pycocotools '))
  const numbers = peers.map((peer) => numbersVerdict(ours, peer, peer === pycocotools))
  if (pycocotools === undefined) return numbers

  const speedUp = (pycocotools.seconds.total ?? 0) / (ours.seconds.total ?? 0)
  const share = ours.peakBytes / pycocotools.peakBytes
  const bound = SPEED_BOUNDS[kind]
  const [speedLine, memoryLine] = [
    `speed-up  ${speedUp.toFixed(2)}x`,
    `memory    ${share.toFixed(2)} of pycocotools'`,
  ]
  if (bound === undefined || counts[0] < BOUND_IMAGES) {
    const note = `bounds are for bbox and segm of ${BOUND_IMAGES} images or more`
    return [
      ...numbers,
      { line: `${speedLine}; ${note}`, value: speedUp },
      { line: `${memoryLine}; ${note}`, value: share },
    ]
  }
  return [
    ...numbers,
    judged(`${speedLine} (at least ${bound}x)`, speedUp, speedUp >= bound),
    judged(`${memoryLine} (at most ${MEMORY_BOUND})`, share, share <= MEMORY_BOUND),
  ]
}

function judged(line: string, value: number, passed: boolean): Verdict {
  return { line: `${line}: ${passed ? 'passed' : 'MISSED'}`, value, passed }
}

/** Whether the numbers of summarize() agree. @param isAsked whether they must. */
function numbersVerdict(ours: Standing, peer: Standing, isAsked: boolean): Verdict {
  const [a, b] = [ours.stats ?? [], peer.stats ?? []]
  const differences = a.map((value, i) => Math.abs(value - b[i]))
  const isComplete = a.length === b.length && a.length > 0
  const value = isComplete ? Math.max(...differences) : Number.NaN
  const passed = value <= TOLERANCE
  const equality = value === 0 ? 'to the last bit' : `within ${value}`
  const line = passed
    ? `numbers   all ${a.length} equal those of ${peer.name} ${equality}`
    : `numbers   DIFFER: ours ${JSON.stringify(a)}, of ${peer.name} ${JSON.stringify(b)}`
  return isAsked ? { line, value, passed } : { line, value }
}

function oursOf(standings: readonly Standing[]): Standing {
  return standings.find(({ name }) => name === 'ours') as Standing
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
