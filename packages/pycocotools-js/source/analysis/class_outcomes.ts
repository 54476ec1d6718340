import type { COCOeval } from '../coco_eval.js'
import { CocoError } from '../errors.js'
import { type Evaluation, IGNORED, TRUE_POSITIVE } from '../evaluate/evaluate_cells.js'
import { stableArgsort } from '../evaluate/stable_argsort.js'
import { type ClassName, classNames } from './comparison.js'

/** What of an evaluation is looked at. */
export interface OutcomeOptions {
  /**
   * From this IoU (or OKS) on, a detection has found its ground truth: one of `params.iouThrs`.
   * @default 0.5
   */
  iouThr?: number
  /** A label of `params.areaRngLbl`. @default 'all' */
  area?: string
  /** Detections counted, at most, per image and class. @default the largest of `params.maxDets` */
  maxDets?: number
}

/** The detections of one class that count, and what there was to find. */
export interface ClassOutcomes {
  /** Ground truths that count: no crowds, and in the area range. */
  positives: number
  /** `[n]`, falling. */
  scores: Float64Array
  /** `[n]`, 1 for a true positive. */
  isTrue: Uint8Array
}

/** The options with their defaults, and for each class its outcomes. */
export interface Outcomes extends Required<OutcomeOptions> {
  classes: ClassName[]
  outcomes: ClassOutcomes[]
}

/**
 * What `evaluate()` found at one IoU, area range and limit of detections.
 *
 * @param where the call, for errors.
 */
export function outcomesOf(
  evaluation: COCOeval,
  where: string,
  { iouThr = 0.5, area = 'all', maxDets }: OutcomeOptions,
): Outcomes {
  const matches = evaluation.matches
  if (!matches) throw new CocoError(where, 'nothing is evaluated yet', 'call evaluate() first')
  const { params } = matches
  const classes = classNames(evaluation.cocoGt, params, where)
  const t = params.iouThrs.findIndex((value) => Math.abs(value - iouThr) < 1e-9) // 0.9 is 0.8999...
  if (t < 0) throw notEvaluated(where, 'iouThr', iouThr, `one of ${params.iouThrs.join(', ')}`)
  const a = params.areaRngLbl.indexOf(area)
  if (!params.areaRng[a])
    throw notEvaluated(where, 'area', `'${area}'`, `one of ${params.areaRngLbl.join(', ')}`)
  const largest = Math.max(...params.maxDets)
  const maxDet = maxDets ?? largest
  if (!(maxDet >= 1 && maxDet <= largest))
    throw notEvaluated(where, 'maxDets', maxDet, `1 to ${largest}`)
  const outcomes = classes.map((_, k) => outcomesOfClass(matches, { k, t, a, maxDet }))
  return { iouThr, area, maxDets: maxDet, classes, outcomes }
}

function notEvaluated(
  where: string,
  option: string,
  value: number | string,
  known: string,
): CocoError {
  return new CocoError(
    where,
    `${option} is ${value}, which evaluate() did not use`,
    `use ${known}, or evaluate with it`,
  )
}

function outcomesOfClass(
  { params, cells, columns, areas, outcomes }: Evaluation,
  { k, t, a, maxDet }: { k: number; t: number; a: number; maxDet: number },
): ClassOutcomes {
  const { categoryStart, gtStart, dtStart, rank, byScore } = cells
  const [firstCell, endCell] = [categoryStart[k], categoryStart[k + 1]]
  let positives = 0
  for (let gt = gtStart[firstCell]; gt < gtStart[endCell]; gt++)
    if (!areas[a].gtIgnored[gt]) positives++

  const T = params.iouThrs.length
  const first = dtStart[firstCell]
  const n = dtStart[endCell] - first
  const scores = new Float64Array(n)
  const isTrue = new Uint8Array(n)
  let counted = 0
  for (let i = 0; i < n; i++) {
    const dt = byScore[first + i]
    const outcome = outcomes[a][dt * T + t]
    if (outcome === IGNORED || rank[dt] >= maxDet) continue
    scores[counted] = columns.dtScores[dt]
    isTrue[counted++] = outcome === TRUE_POSITIVE ? 1 : 0
  }
  return {
    positives,
    scores: scores.subarray(0, counted),
    isTrue: isTrue.subarray(0, counted),
  }
}

/** All classes as one. */
export function pooledOutcomes(classes: readonly ClassOutcomes[]): ClassOutcomes {
  const n = classes.reduce((sum, { scores }) => sum + scores.length, 0)
  const scores = new Float64Array(n)
  const isTrue = new Uint8Array(n)
  let positives = 0
  let end = 0
  for (const one of classes) {
    scores.set(one.scores, end)
    isTrue.set(one.isTrue, end)
    end += one.scores.length
    positives += one.positives
  }
  const order = stableArgsort(scores.map((score) => -score))
  return {
    positives,
    scores: Float64Array.from(order, (i) => scores[i]),
    isTrue: Uint8Array.from(order, (i) => isTrue[i]),
  }
}
