import type { COCOeval } from '../coco_eval.js'
import { CocoError } from '../errors.js'
import type { Id } from '../types.js'
import {
  type ClassOutcomes,
  type OutcomeOptions,
  outcomesOf,
  pooledOutcomes,
} from './class_outcomes.js'
import { f1Of } from './precision_recall_curves.js'

export interface F1CurveOptions extends OutcomeOptions {
  /** Scores to cut at, rising. @default 0, 0.001 ... 1 */
  scoreThrs?: readonly number[]
}

export interface F1Curve {
  /** One for each of `scoreThrs`; 0 if no detection is left, -1 without ground truth. */
  f1: number[]
  /**
   * The highest F1 and where to cut; of equal ones the lowest threshold; null without ground truth.
   */
  best: { f1: number; score: number } | null
}

/** Plain data. */
export interface F1Curves {
  iouThr: number
  area: string
  maxDets: number
  scoreThrs: number[]
  /** In the order of `params.catIds`. */
  classes: (F1Curve & { id: Id; name: string })[]
  /**
   * Detections and ground truths of all classes in one heap. Those of classes without ground truth
   * are false.
   */
  all: F1Curve
  /** The mean over classes that have ground truth. */
  macro: F1Curve
}

/**
 * F1 by the score at which detections are cut off: what to set the threshold of a detector by.
 *
 * Counted as in `precisionRecallCurves`. The curve that ultralytics draws as "all classes" is
 * `macro`, there interpolated between scores.
 *
 * @param evaluation after `evaluate()`, under the parameters it had.
 */
export function f1Curves(
  evaluation: COCOeval,
  { scoreThrs = thousandths(), ...options }: F1CurveOptions = {},
): F1Curves {
  if (scoreThrs.some((value, i) => !(value >= (scoreThrs[i - 1] ?? Number.NEGATIVE_INFINITY))))
    throw new CocoError(
      'f1Curves',
      `scoreThrs is [${scoreThrs.join(', ')}]`,
      'give numbers in rising order',
    )
  const { classes, outcomes, ...of } = outcomesOf(evaluation, 'f1Curves', options)
  const curves = outcomes.map((outcome) => f1At(outcome, scoreThrs))
  const present = curves.filter((_, k) => outcomes[k].positives > 0)
  const macro = scoreThrs.map((_, s) => mean(present.map((f1) => f1[s])))
  const withBest = (f1: number[]): F1Curve => ({ f1, best: bestOf(f1, scoreThrs) })
  return {
    ...of,
    scoreThrs: [...scoreThrs],
    classes: classes.map(({ id, name }, k) => ({ id, name, ...withBest(curves[k]) })),
    all: withBest(f1At(pooledOutcomes(outcomes), scoreThrs)),
    macro: withBest(macro),
  }
}

function thousandths(): number[] {
  return Array.from({ length: 1001 }, (_, i) => i / 1000)
}

/** @param scoreThrs rising. */
function f1At(
  { positives, scores, isTrue }: ClassOutcomes,
  scoreThrs: readonly number[],
): number[] {
  const f1 = new Array<number>(scoreThrs.length)
  let n = 0 // detections of at least the threshold
  let tp = 0
  for (let s = scoreThrs.length - 1; s >= 0; s--) {
    for (; n < scores.length && scores[n] >= scoreThrs[s]; n++) tp += isTrue[n]
    f1[s] = f1Of(tp, n - tp, positives)
  }
  return f1
}

function mean(values: readonly number[]): number {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : -1
}

function bestOf(f1: readonly number[], scoreThrs: readonly number[]): F1Curve['best'] {
  const highest = f1.reduce((high, value) => Math.max(high, value), -1)
  return highest < 0 ? null : { f1: highest, score: scoreThrs[f1.indexOf(highest)] }
}
