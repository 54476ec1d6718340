import { FALSE_POSITIVE, IGNORED, TRUE_POSITIVE } from '../evaluate/evaluate_cells.js'
import { averagePrecision } from './average_precision.js'
import { TIDE_TYPES, type TideFindings, type TideType } from './tide_types.js'

export interface FixedApOptions {
  /** `[D]`, detections by falling score. */
  order: Int32Array
  /** `[D]`. */
  dtClass: Int32Array
  recThrs: readonly number[]
}

/**
 * What is fixed: a type of error, or all false positives; and ground truths, `[K]`, that are not
 * asked for.
 */
export interface Mending {
  type?: TideType | 'all'
  without?: Int32Array
}

/**
 * The mean AP over classes that have ground truth, after fixing as `tideErrors` describes; -1
 * without classes.
 */
export function fixedAP(
  found: TideFindings,
  { order, dtClass, recThrs }: FixedApOptions,
  { type, without }: Mending = {},
): number {
  const classes = dtClass.slice()
  const outcomes = found.outcomes.slice()
  const typePlace = type === undefined || type === 'all' ? -1 : TIDE_TYPES.indexOf(type)
  for (let dt = 0; dt < outcomes.length; dt++) {
    if (type === 'all' && outcomes[dt] === FALSE_POSITIVE) outcomes[dt] = IGNORED
    if (found.types[dt] !== typePlace) continue
    const isFixed = found.fixedClass[dt] >= 0
    outcomes[dt] = isFixed ? TRUE_POSITIVE : IGNORED
    if (isFixed) classes[dt] = found.fixedClass[dt]
  }

  const ofClass = byClass(order, outcomes, classes, found.positives.length)
  const aps: number[] = []
  for (const [k, positives] of found.positives.entries()) {
    const left = positives - (without?.[k] ?? 0)
    if (left > 0) aps.push(averagePrecision(ofClass[k], left, recThrs))
    else if (positives > 0 && ofClass[k].length > 0) aps.push(0)
  }
  return aps.length > 0 ? aps.reduce((sum, ap) => sum + ap, 0) / aps.length : -1
}

/** `[K][n]`, the outcomes of each class but ignored ones, in this order. */
function byClass(
  order: Int32Array,
  outcomes: Uint8Array,
  classes: Int32Array,
  K: number,
): Uint8Array[] {
  const counts = new Int32Array(K)
  for (let dt = 0; dt < outcomes.length; dt++) if (outcomes[dt] !== IGNORED) counts[classes[dt]]++
  const ofClass = Array.from(counts, (count) => new Uint8Array(count))
  const next = counts.fill(0)
  for (const dt of order) {
    const k = classes[dt]
    if (outcomes[dt] !== IGNORED) ofClass[k][next[k]++] = outcomes[dt]
  }
  return ofClass
}
