import { FALSE_POSITIVE, IGNORED, TRUE_POSITIVE } from '../evaluate/evaluate_cells.js'
import type { ImagePairs } from './image_pairs.js'
import { IN_CROWD, matchGreedily } from './match_greedily.js'

/** The errors a detection can make, under the short names of the TIDE toolbox. */
export const TIDE_TYPES = ['Cls', 'Loc', 'Both', 'Dupe', 'Bkg'] as const
export type TideType = (typeof TIDE_TYPES)[number]

/** In place of a type: a true positive has none. */
const NO_ERROR = 255

/** The error of each detection, `[D]`, and what classes, `[K]`, did not find. */
export interface TideFindings {
  /** `[D]`: IGNORED, TRUE_POSITIVE or FALSE_POSITIVE. */
  outcomes: Uint8Array
  /** `[D]`, place in TIDE_TYPES; 255 for a true positive. */
  types: Uint8Array
  /**
   * `[D]`, the class in which fixing its error makes a true positive; -1 where fixing removes it.
   */
  fixedClass: Int32Array
  /** `[K]`, ground truths without crowds. */
  positives: Int32Array
  /** `[K]`, those that no detection found. */
  notFound: Int32Array
  /** `[K]`, those that fixing no Cls or Loc would find either. */
  missed: Int32Array
}

/** Finds the type of every error, as `tideErrors` describes them. */
export function findTideErrors(
  pairs: ImagePairs,
  { classes, iouThr, backgroundThr }: { classes: number; iouThr: number; backgroundThr: number },
): TideFindings {
  const { gtStart, dtStart, gtClass, dtClass, gtCrowd } = pairs
  const D = dtClass.length
  const found: TideFindings = {
    outcomes: new Uint8Array(D),
    types: new Uint8Array(D).fill(NO_ERROR),
    fixedClass: new Int32Array(D).fill(-1),
    positives: new Int32Array(classes),
    notFound: new Int32Array(classes),
    missed: new Int32Array(classes),
  }
  const ious = new Float64Array(pairs.largest)

  for (let image = 0; image + 1 < gtStart.length; image++) {
    const [firstGt, endGt] = [gtStart[image], gtStart[image + 1]]
    const [firstDt, endDt] = [dtStart[image], dtStart[image + 1]]
    const [g, d] = [endGt - firstGt, endDt - firstDt]
    const crowd = gtCrowd.subarray(firstGt, endGt)
    const ofGt = gtClass.subarray(firstGt, endGt)
    const ofDt = dtClass.subarray(firstDt, endDt)
    pairs.writeIous(image, ious)
    const matched = matchGreedily({
      ...{ d, g, ious, gtCrowd: crowd, iouThr },
      classes: { dt: ofDt, gt: ofGt },
    })
    const isFound = new Uint8Array(g)
    for (const j of matched) if (j >= 0) isFound[j] = 1

    const isFixable = new Uint8Array(g) // some Cls or Loc has this free ground truth as its best
    for (let i = 0; i < d; i++) {
      if (matched[i] >= 0) {
        found.outcomes[firstDt + i] = TRUE_POSITIVE
        continue
      }
      found.outcomes[firstDt + i] = matched[i] === IN_CROWD ? IGNORED : FALSE_POSITIVE
      const { type, target } = errorOf(
        { ious: ious.subarray(i * g, (i + 1) * g), own: ofDt[i], crowd, ofGt, isFound },
        iouThr,
        backgroundThr,
      )
      found.types[firstDt + i] = TIDE_TYPES.indexOf(type)
      if (target < 0 || isFound[target]) continue
      if (!isFixable[target]) found.fixedClass[firstDt + i] = ofGt[target]
      isFixable[target] = 1
    }

    for (let j = 0; j < g; j++) {
      if (crowd[j]) continue
      found.positives[ofGt[j]]++
      if (!isFound[j]) found.notFound[ofGt[j]]++
      if (!isFound[j] && !isFixable[j]) found.missed[ofGt[j]]++
    }
  }
  return found
}

/** A detection without a ground truth of its own, and the `g` ground truths of its image. */
interface Unmatched {
  /** `[g]`. */
  ious: Float64Array
  /** The class of the detection. */
  own: number
  /** `[g]`. */
  crowd: Uint8Array
  ofGt: Int32Array
  isFound: Uint8Array
}

/**
 * @returns the type, and for Loc and Cls the best ground truth, the first of equals; -1 for the
 *   others.
 */
function errorOf(
  { ious, own, crowd, ofGt, isFound }: Unmatched,
  iouThr: number,
  backgroundThr: number,
): { type: TideType; target: number } {
  let bestOwn = -1
  let bestOther = -1
  let ownIou = 0
  let ownFoundIou = 0 // with one that a surer detection has
  let otherIou = 0
  for (let j = 0; j < ious.length; j++) {
    const iou = ious[j]
    if (crowd[j]) continue
    if (ofGt[j] !== own) {
      if (iou > otherIou) [otherIou, bestOther] = [iou, j]
    } else {
      if (iou > ownIou) [ownIou, bestOwn] = [iou, j]
      if (isFound[j]) ownFoundIou = Math.max(ownFoundIou, iou)
    }
  }
  if (ownIou >= backgroundThr && ownIou <= iouThr) return { type: 'Loc', target: bestOwn }
  if (otherIou >= iouThr) return { type: 'Cls', target: bestOther }
  if (ownFoundIou >= iouThr) return { type: 'Dupe', target: -1 }
  const isOnBackground = Math.max(ownIou, otherIou) <= backgroundThr
  return { type: isOnBackground ? 'Bkg' : 'Both', target: -1 }
}
