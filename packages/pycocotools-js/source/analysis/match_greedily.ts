/** A limit of 1 is lowered to this, so that an IoU rounded below 1 still matches (pycocotools). */
const LARGEST_LIMIT = 1 - 1e-10

/** In place of a ground truth: no match. */
export const UNMATCHED = -1
/** In place of a ground truth: overlaps a crowd, so counts neither way. */
export const IN_CROWD = -2

/** The detections, `d` by falling score, and ground truths, `g` in file order, of one image. */
export interface MatchGreedilyOptions {
  d: number
  g: number
  /** `[d, g]`; longer is allowed. */
  ious: Float64Array
  /** `[g]`, 1 for a crowd. */
  gtCrowd: Uint8Array
  iouThr: number
  /** `[d]` and `[g]`, if only annotations of one class may match. */
  classes?: { dt: Int32Array; gt: Int32Array }
}

/**
 * Gives each detection, surest first, the free ground truth it overlaps most, if by `iouThr` or
 * more. On equal IoU the later ground truth wins. A detection without one that overlaps a crowd so
 * far is ignored.
 *
 * Source: `COCOeval.evaluateImg` of pycocotools 2.0.11, without area ranges. Ids play no part:
 * unlike there, one that is 0 matches like any other.
 *
 * @returns `[d]`, the place of the ground truth, UNMATCHED or IN_CROWD.
 */
export function matchGreedily(options: MatchGreedilyOptions): Int32Array {
  const { d, g, ious, gtCrowd, iouThr, classes } = options
  const limit = Math.min(iouThr, LARGEST_LIMIT)
  const isTaken = new Uint8Array(g)
  const matched = new Int32Array(d).fill(UNMATCHED)
  for (let i = 0; i < d; i++) {
    let bestIou = limit
    let best = UNMATCHED
    let isInCrowd = false
    for (let j = 0; j < g; j++) {
      const iou = ious[i * g + j]
      if (isTaken[j] || iou < limit) continue
      if (classes && classes.dt[i] !== classes.gt[j]) continue
      if (gtCrowd[j]) isInCrowd = true
      else if (iou >= bestIou) {
        bestIou = iou
        best = j
      }
    }
    if (best >= 0) {
      isTaken[best] = 1
      matched[i] = best
    } else if (isInCrowd) matched[i] = IN_CROWD
  }
  return matched
}
