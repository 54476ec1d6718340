import type { COCOeval } from '../coco_eval.js'
import type { Id } from '../types.js'
import {
  type ClassOutcomes,
  type OutcomeOptions,
  outcomesOf,
  pooledOutcomes,
} from './class_outcomes.js'

/** What is true if all detections of at least `score` are taken. */
export interface CurvePoint {
  score: number
  /** True positives. */
  tp: number
  /** False positives. */
  fp: number
  /** `tp / (tp + fp)`. */
  precision: number
  /** `tp / positives`; -1 without ground truth. */
  recall: number
  /** `2 tp / (tp + fp + positives)`, the harmonic mean of the two; -1 without ground truth. */
  f1: number
}

export interface PrecisionRecallCurve {
  /** Ground truths that count: no crowds, and in the area range. */
  positives: number
  /** One for each score that occurs, falling; so recall rises. */
  points: CurvePoint[]
  /**
   * The highest F1 and the score to cut at; of equal ones the highest score; null without points or
   * ground truth.
   */
  best: { f1: number; score: number } | null
  /**
   * The sum over points of precision times the recall gained: average precision in steps, with
   * nothing drawn between them and nothing made monotone, so as a rule below COCO's AP. -1 without
   * ground truth.
   */
  areaUnderCurve: number
}

/** Plain data. */
export interface PrecisionRecallCurves {
  iouThr: number
  area: string
  maxDets: number
  /** In the order of `params.catIds`. */
  classes: (PrecisionRecallCurve & { id: Id; name: string })[]
  /** Detections and ground truths of all classes in one heap. */
  all: PrecisionRecallCurve
}

/**
 * Precision and recall at every score, from counts of true and false positives, not from the 101
 * interpolated precisions of COCO. A detection that COCO ignores (in a crowd, or outside the area
 * range) counts neither way.
 *
 * @param evaluation after `evaluate()`, under the parameters it had.
 */
export function precisionRecallCurves(
  evaluation: COCOeval,
  options: OutcomeOptions = {},
): PrecisionRecallCurves {
  const { classes, outcomes, ...of } = outcomesOf(evaluation, 'precisionRecallCurves', options)
  return {
    ...of,
    classes: classes.map(({ id, name }, k) => ({ id, name, ...curveOf(outcomes[k]) })),
    all: curveOf(pooledOutcomes(outcomes)),
  }
}

function curveOf({ positives, scores, isTrue }: ClassOutcomes): PrecisionRecallCurve {
  const points: CurvePoint[] = []
  let best: PrecisionRecallCurve['best'] = null
  let areaUnderCurve = positives > 0 ? 0 : -1
  let tp = 0
  let tpBefore = 0
  for (let i = 0; i < scores.length; i++) {
    tp += isTrue[i]
    if (scores[i] === scores[i + 1]) continue
    const fp = i + 1 - tp
    const precision = tp / (tp + fp)
    const recall = positives > 0 ? tp / positives : -1
    const f1 = f1Of(tp, fp, positives)
    points.push({ score: scores[i], tp, fp, precision, recall, f1 })
    if (positives > 0) {
      areaUnderCurve += (precision * (tp - tpBefore)) / positives
      if (!best || f1 > best.f1) best = { f1, score: scores[i] }
    }
    tpBefore = tp
  }
  return { positives, points, best, areaUnderCurve }
}

/** F1 of `tp` true and `fp` false positives; -1 without ground truth. */
export function f1Of(tp: number, fp: number, positives: number): number {
  return positives > 0 ? (2 * tp) / (tp + fp + positives) : -1
}
