import { CocoError } from '../errors.js'
import { warnOnce } from '../warn_once.js'
import type { Accumulated } from './accumulate.js'
import { formatFixed } from './format_fixed.js'
import { pairwiseSum } from './pairwise_sum.js'
import type { IouType, Params } from './params.js'

interface Statistic {
  name: string
  kind: 'AP' | 'AR'
  /** One threshold; without it, the mean over all. */
  iouThr?: number
  area: string
  /** The number itself, or its place in `params.maxDets`. */
  maxDets: { value: number } | { place: number }
}

/** The twelve numbers of COCO's detection challenge, in their order. */
const DETECTION_STATISTICS: readonly Statistic[] = [
  { name: 'AP', kind: 'AP', area: 'all', maxDets: { value: 100 } },
  { name: 'AP50', kind: 'AP', iouThr: 0.5, area: 'all', maxDets: { place: 2 } },
  { name: 'AP75', kind: 'AP', iouThr: 0.75, area: 'all', maxDets: { place: 2 } },
  { name: 'APs', kind: 'AP', area: 'small', maxDets: { place: 2 } },
  { name: 'APm', kind: 'AP', area: 'medium', maxDets: { place: 2 } },
  { name: 'APl', kind: 'AP', area: 'large', maxDets: { place: 2 } },
  { name: 'AR1', kind: 'AR', area: 'all', maxDets: { place: 0 } },
  { name: 'AR10', kind: 'AR', area: 'all', maxDets: { place: 1 } },
  { name: 'AR100', kind: 'AR', area: 'all', maxDets: { place: 2 } },
  { name: 'ARs', kind: 'AR', area: 'small', maxDets: { place: 2 } },
  { name: 'ARm', kind: 'AR', area: 'medium', maxDets: { place: 2 } },
  { name: 'ARl', kind: 'AR', area: 'large', maxDets: { place: 2 } },
]

/** The ten numbers of COCO's keypoint challenge, in their order. */
const KEYPOINT_STATISTICS: readonly Statistic[] = [
  { name: 'AP', kind: 'AP', area: 'all', maxDets: { value: 20 } },
  { name: 'AP50', kind: 'AP', iouThr: 0.5, area: 'all', maxDets: { value: 20 } },
  { name: 'AP75', kind: 'AP', iouThr: 0.75, area: 'all', maxDets: { value: 20 } },
  { name: 'APm', kind: 'AP', area: 'medium', maxDets: { value: 20 } },
  { name: 'APl', kind: 'AP', area: 'large', maxDets: { value: 20 } },
  { name: 'AR', kind: 'AR', area: 'all', maxDets: { value: 20 } },
  { name: 'AR50', kind: 'AR', iouThr: 0.5, area: 'all', maxDets: { value: 20 } },
  { name: 'AR75', kind: 'AR', iouThr: 0.75, area: 'all', maxDets: { value: 20 } },
  { name: 'ARm', kind: 'AR', area: 'medium', maxDets: { value: 20 } },
  { name: 'ARl', kind: 'AR', area: 'large', maxDets: { value: 20 } },
]

/**
 * Short names of the twelve numbers. `AR1`, `AR10` and `AR100` are so called whatever `maxDets`
 * holds.
 */
export const STAT_NAMES: readonly string[] = DETECTION_STATISTICS.map(({ name }) => name)

/** Short names of the ten numbers of keypoints. */
export const KEYPOINT_STAT_NAMES: readonly string[] = KEYPOINT_STATISTICS.map(({ name }) => name)

/** Names of what `summarize()` returns, in its order. */
export function statNames(iouType: IouType): readonly string[] {
  return iouType === 'keypoints' ? KEYPOINT_STAT_NAMES : STAT_NAMES
}

/**
 * The twelve numbers, ten of keypoints, -1 where nothing is defined, and the table that pycocotools
 * prints.
 */
export interface Summary {
  stats: number[]
  lines: string[]
}

/** Source: `COCOeval.summarize` of pycocotools 2.0.11; its rounding, too. */
export function summarizeDetections(accumulated: Accumulated, params: Params): Summary {
  const isKeypoints = params.iouType === 'keypoints'
  const { maxDets } = params
  if (!isKeypoints && maxDets.length < 3)
    throw new CocoError(
      'summarize',
      `params.maxDets has ${maxDets.length} entries`,
      'give three, such as [1, 10, 100]',
    )
  if (!isKeypoints && !maxDets.includes(100))
    warnOnce(
      'maxDets without 100',
      `params.maxDets is [${maxDets.join(', ')}]: AP, the first number, is always taken at 100 and is -1 without it, as in pycocotools; include 100`,
    )
  if (isKeypoints && !maxDets.includes(20))
    warnOnce(
      'maxDets without 20',
      `params.maxDets is [${maxDets.join(', ')}]: the numbers of keypoints are always taken at 20 and are -1 without it, as in pycocotools; include 20`,
    )

  const statistics = isKeypoints ? KEYPOINT_STATISTICS : DETECTION_STATISTICS
  const rows = statistics.map((statistic) => {
    const limit =
      'value' in statistic.maxDets ? statistic.maxDets.value : maxDets[statistic.maxDets.place]
    const value = mean(select(accumulated, params, statistic, limit))
    return { value, line: formatLine(params, statistic, limit, value) }
  })
  return { stats: rows.map(({ value }) => value), lines: rows.map(({ line }) => line) }
}

/** The defined cells of one statistic, in the order of numpy's `s[s > -1]`. */
function select(
  { precision, recall, counts }: Accumulated,
  params: Params,
  { kind, iouThr, area }: Statistic,
  maxDets: number,
): Float64Array {
  const [T, R, K, A, M] = counts
  const thresholds = places(params.iouThrs, (value) => iouThr === undefined || value === iouThr, T)
  const areas = places(params.areaRngLbl, (label) => label === area, A)
  const limits = places(params.maxDets, (value) => value === maxDets, M)
  const selected = pairs(areas, limits)
  const { data } = kind === 'AP' ? precision : recall
  const rows = kind === 'AP' ? R * K : K

  const defined = new Float64Array(thresholds.length * rows * selected.length)
  let n = 0
  for (const t of thresholds)
    for (let row = 0; row < rows; row++)
      for (const [a, m] of selected) {
        const value = data[((t * rows + row) * A + a) * M + m]
        if (value > -1) defined[n++] = value
      }
  return defined.subarray(0, n)
}

/**
 * The places of the values that pass; an error where the arrays, `length` long, have no such place.
 */
function places<T>(values: readonly T[], passes: (value: T) => boolean, length: number): number[] {
  const found = [...values.keys()].filter((i) => passes(values[i]))
  if (found.some((i) => i >= length))
    throw new CocoError(
      'summarize',
      `params has more entries than accumulate() used (${found.length} for ${length})`,
      'accumulate again with these params',
    )
  return found
}

/** Joins two lists as numpy joins two index lists: a list of one goes with each of the other. */
function pairs(left: number[], right: number[]): [number, number][] {
  if (left.length !== right.length && left.length !== 1 && right.length !== 1)
    throw new CocoError(
      'summarize',
      `an area label stands ${left.length} times and a maxDets value ${right.length} times in params`,
      'let each stand once',
    )
  const length = left.length === 1 ? right.length : left.length
  return Array.from({ length }, (_, i) => [
    left[left.length === 1 ? 0 : i],
    right[right.length === 1 ? 0 : i],
  ])
}

function mean(values: Float64Array): number {
  return values.length === 0 ? -1 : pairwiseSum(values) / values.length
}

function formatLine(
  { iouThrs }: Params,
  { kind, iouThr, area }: Statistic,
  maxDets: number,
  value: number,
): string {
  const title = kind === 'AP' ? 'Average Precision' : 'Average Recall'
  const [first, last] =
    iouThr === undefined ? [iouThrs[0], iouThrs[iouThrs.length - 1]] : [iouThr, iouThr]
  const iou =
    iouThr === undefined
      ? `${formatFixed(first, 2)}:${formatFixed(last, 2)}`
      : formatFixed(iouThr, 2)
  return (
    ` ${title.padEnd(18)} (${kind}) @[ IoU=${iou.padEnd(9)} | area=${area.padStart(6)} ` +
    `| maxDets=${String(maxDets).padStart(3)} ] = ${formatFixed(value, 3)}`
  )
}
