import { CocoError } from '../errors.js'
import { FALSE_POSITIVE, IGNORED } from '../evaluate/evaluate_cells.js'
import { stableArgsort } from '../evaluate/stable_argsort.js'
import { type Comparison, checkIouThr, placesOf } from './comparison.js'
import { fixedAP, type Mending } from './fixed_ap.js'
import { imagePairs } from './image_pairs.js'
import { findTideErrors, TIDE_TYPES, type TideFindings, type TideType } from './tide_types.js'

export interface TideOptions {
  /** `t_f`: from this IoU on, a detection has found its ground truth. @default 0.5 */
  iouThr?: number
  /** `t_b`: up to this IoU, a detection lies on background. @default 0.1 */
  backgroundThr?: number
  /** Detections counted, at most, per image and class. @default 100 */
  maxDets?: number
}

/** What one type of error costs. */
export interface TideError {
  /** False positives of this type; for Miss and FalseNeg, ground truths. */
  count: number
  /**
   * AP gained if this type, and only this, were fixed, 0 ... 1; -1 where no class would be left to
   * measure.
   */
  deltaAP: number
}

/** A type of error that detections make. */
export interface TideDetectionError extends TideError {
  /** Detections of this type that a crowd lets go unpunished, so that `count` is without them. */
  ignored: number
}

/** Plain data, under the short names of the TIDE toolbox. */
export interface TideErrors {
  iouThr: number
  backgroundThr: number
  /**
   * At `iouThr`, over all areas, mean over classes that have ground truth: COCO's AP50 by default;
   * -1 without any.
   */
  AP: number
  main: {
    Cls: TideDetectionError
    Loc: TideDetectionError
    Both: TideDetectionError
    Dupe: TideDetectionError
    Bkg: TideDetectionError
    Miss: TideError
  }
  special: { FalsePos: TideError; FalseNeg: TideError }
}

/**
 * Why a detector loses AP: each false positive and each ground truth not found has one type of
 * error, and each type is weighed by the AP that fixing it alone would give.
 *
 * With `t_f` and `t_b` the two thresholds, a false positive is of the first type in this list that
 * fits:
 *
 * - Loc: its best IoU with a ground truth of its class is `t_b ... t_f`.
 * - Cls: its best IoU with a ground truth of another class is at least `t_f`.
 * - Dupe: its IoU with a ground truth of its class that a surer detection has is at least `t_f`.
 * - Bkg: its best IoU with any ground truth is at most `t_b`.
 * - Both: all others.
 *
 * Miss is a ground truth that is not found and is not the best one of any Loc or Cls. Crowds are no
 * ground truths here. A detection ignored because of a crowd has a type too, since it may fix a
 * ground truth, but costs nothing.
 *
 * Each type is fixed on its own, scores unchanged:
 *
 * - Loc, Cls: the surest that has a free ground truth as its best becomes a true positive, of
 *   that class; the others are removed.
 * - Dupe, Bkg, Both: removed.
 * - Miss: taken from the number of ground truths.
 * - FalsePos: all false positives are removed. FalseNeg: all ground truths not found are taken
 *   from their number.
 *
 * A class left without ground truth has AP 0 while it has detections that count, and is left out if
 * it has none.
 *
 * Source: TIDE, arXiv:2008.08115, and in what it leaves open (the order of the list, crowds,
 * classes left empty) the toolbox, tidecv 1.0.1. Two things are COCO's instead, so that AP is
 * `COCOeval`'s: `maxDets` holds per image and class, not per image; and a class without ground
 * truth is in no mean, where the toolbox gives it AP 0. Unlike in `COCOeval`, a ground truth with
 * id 0 matches like any other.
 *
 * @param comparison an evaluation, or its two sides and parameters: `imgIds`, `catIds` and
 *   `recThrs` are read.
 */
export function tideErrors(
  comparison: Comparison,
  { iouThr = 0.5, backgroundThr = 0.1, maxDets = 100 }: TideOptions = {},
): TideErrors {
  checkIouThr('tideErrors', 'iouThr', iouThr)
  checkIouThr('tideErrors', 'backgroundThr', backgroundThr)
  if (backgroundThr > iouThr)
    throw new CocoError(
      'tideErrors',
      `backgroundThr ${backgroundThr} is above iouThr ${iouThr}`,
      'give a lower one',
    )
  if (!(maxDets >= 1))
    throw new CocoError('tideErrors', `maxDets is ${maxDets}`, 'give a number of at least 1')
  const places = placesOf(comparison, 'tideErrors')
  const pairs = imagePairs(comparison, 'tideErrors', { places, maxDet: maxDets })
  const classes = places.classes.length
  const found = findTideErrors(pairs, { classes, iouThr, backgroundThr })
  const order = stableArgsort(pairs.dtScores.map((score) => -score))
  const { recThrs } = comparison.params
  const meanAP = (fixing?: Mending): number =>
    fixedAP(found, { order, dtClass: pairs.dtClass, recThrs }, fixing)

  const base = meanAP()
  const gain = (fixing: Mending): number => {
    const fixed = meanAP(fixing)
    return base < 0 || fixed < 0 ? -1 : fixed - base
  }
  const errorsOf = (type: TideType): TideDetectionError => ({
    count: countOf(found, type, FALSE_POSITIVE),
    ignored: countOf(found, type, IGNORED),
    deltaAP: gain({ type }),
  })
  return {
    iouThr,
    backgroundThr,
    AP: base,
    main: {
      Cls: errorsOf('Cls'),
      Loc: errorsOf('Loc'),
      Both: errorsOf('Both'),
      Dupe: errorsOf('Dupe'),
      Bkg: errorsOf('Bkg'),
      Miss: { count: sumOf(found.missed), deltaAP: gain({ without: found.missed }) },
    },
    special: {
      FalsePos: { count: countOf(found, 'all', FALSE_POSITIVE), deltaAP: gain({ type: 'all' }) },
      FalseNeg: { count: sumOf(found.notFound), deltaAP: gain({ without: found.notFound }) },
    },
  }
}

function countOf(
  { types, outcomes }: TideFindings,
  type: TideType | 'all',
  outcome: number,
): number {
  const place = type === 'all' ? -1 : TIDE_TYPES.indexOf(type)
  let count = 0
  for (let dt = 0; dt < types.length; dt++)
    if (outcomes[dt] === outcome && (type === 'all' || types[dt] === place)) count++
  return count
}

function sumOf(counts: Int32Array): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
