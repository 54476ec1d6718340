/** A limit of 1 is lowered to this, so that an IoU rounded below 1 still matches. */
const LARGEST_LIMIT = 1 - 1e-10

/** One cell under one area range: `d` detections by falling score, `g` ground truths in file order. */
export interface MatchOptions {
  /** `[d, g]`. */
  ious: Float64Array
  /** `[d]`, true where the detection's area is outside the range. */
  dtOutside: Uint8Array
  /** `[d]`, ids: only a positive one keeps its ground truth from being matched again (pycocotools). */
  dtIds: Float64Array
  /** `[g]`, ids: a match to 0 counts as none (pycocotools). */
  gtIds: Float64Array
  /** `[g]`. */
  gtCrowd: Uint8Array
  /** `[g]`, true for crowds and where the area is outside the range. */
  gtIgnored: Uint8Array
  /** `[t]`. */
  iouThrs: readonly number[]
}

/** The matches of one cell. Ground truths are those of `gtOrder`, detections in their own order. */
export interface Matches {
  /** `[g]`, positions in the cell: those that count first, ignored ones last. */
  gtOrder: Int32Array
  /** `[t, d]`, id of the ground truth matched, or 0. */
  dtMatches: Float64Array
  /** `[t, g]`, id of the detection matched last, or 0. */
  gtMatches: Float64Array
  /** `[t, d]`, 1 where the detection counts neither as true nor as false. */
  dtIgnored: Uint8Array
}

/**
 * Gives each detection, best score first, the ground truth it overlaps most, at each threshold.
 *
 * A ground truth is given once, a crowd any number of times. One that counts is preferred to an ignored one
 * whatever the IoU; on equal IoU the later one wins. A detection takes over "ignored" from its ground truth, and
 * without one is ignored if its area is outside the range.
 *
 * Source: `COCOeval.evaluateImg` of pycocotools 2.0.11.
 */
export function matchDetections(options: MatchOptions): Matches {
  const { ious, dtOutside, dtIds, gtIds, gtCrowd, gtIgnored, iouThrs } = options
  const d = dtIds.length
  const g = gtIds.length
  const gtOrder = countedFirst(gtIgnored)
  const dtMatches = new Float64Array(iouThrs.length * d)
  const gtMatches = new Float64Array(iouThrs.length * g)
  const dtIgnored = new Uint8Array(iouThrs.length * d)

  for (let t = 0; t < iouThrs.length; t++) {
    for (let i = 0; i < d; i++) {
      let bestIou = Math.min(iouThrs[t], LARGEST_LIMIT)
      let best = -1 // place in gtOrder
      for (let place = 0; place < g; place++) {
        const j = gtOrder[place]
        if (gtMatches[t * g + place] > 0 && !gtCrowd[j]) continue
        if (best >= 0 && !gtIgnored[gtOrder[best]] && gtIgnored[j]) break
        if (ious[i * g + j] < bestIou) continue
        bestIou = ious[i * g + j]
        best = place
      }
      if (best >= 0) {
        const j = gtOrder[best]
        dtMatches[t * d + i] = gtIds[j]
        gtMatches[t * g + best] = dtIds[i]
        dtIgnored[t * d + i] = gtIgnored[j]
      }
      if (dtMatches[t * d + i] === 0 && dtOutside[i]) dtIgnored[t * d + i] = 1
    }
  }
  return { gtOrder, dtMatches, gtMatches, dtIgnored }
}

/** Positions of the zeros, then of the ones; each in order. */
function countedFirst(ignored: Uint8Array): Int32Array {
  const order = new Int32Array(ignored.length)
  let place = 0
  for (let j = 0; j < ignored.length; j++) if (!ignored[j]) order[place++] = j
  for (let j = 0; j < ignored.length; j++) if (ignored[j]) order[place++] = j
  return order
}
