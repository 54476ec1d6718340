/**
 * Masks have fewer than 2^32 pixels: counted from here, every place fits in a signed 32-bit number.
 */
const FIRST_PLACE = -(2 ** 31)

/**
 * The number of pixels that two masks of one size share.
 *
 * Called for millions of pairs: it goes from one inside run to the next, in 32-bit sums that wrap,
 * and makes nothing. The loops over runs that end before the other mask's begin are there because
 * they are easy to predict.
 *
 * @param a runs of one mask from `aFrom` up to `aTo`; `b` alike.
 */
export function runsIntersection(
  a: Uint32Array,
  b: Uint32Array,
  aFrom = 0,
  aTo = a.length,
  bFrom = 0,
  bTo = b.length,
): number {
  let i = aFrom + 1
  let j = bFrom + 1
  if (i >= aTo || j >= bTo) return 0
  let aStart = (FIRST_PLACE + a[aFrom]) | 0
  let bStart = (FIRST_PLACE + b[bFrom]) | 0
  let aEnd = (aStart + a[i]) | 0
  let bEnd = (bStart + b[j]) | 0
  let shared = 0
  for (;;) {
    while (aEnd <= bStart) {
      i += 2
      if (i >= aTo) return shared >>> 0
      aStart = (aEnd + a[i - 1]) | 0
      aEnd = (aStart + a[i]) | 0
    }
    while (bEnd <= aStart) {
      j += 2
      if (j >= bTo) return shared >>> 0
      bStart = (bEnd + b[j - 1]) | 0
      bEnd = (bStart + b[j]) | 0
    }
    if (aEnd <= bStart) continue
    const start = aStart > bStart ? aStart : bStart
    if (aEnd <= bEnd) {
      shared = (shared + aEnd - start) | 0
      i += 2
      if (i >= aTo) return shared >>> 0
      aStart = (aEnd + a[i - 1]) | 0
      aEnd = (aStart + a[i]) | 0
    } else {
      shared = (shared + bEnd - start) | 0
      j += 2
      if (j >= bTo) return shared >>> 0
      bStart = (bEnd + b[j - 1]) | 0
      bEnd = (bStart + b[j]) | 0
    }
  }
}
