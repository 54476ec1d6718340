import { pairwiseSum } from './pairwise_sum.js'

/** `numpy.spacing(1)`: an object of area 0 is divided by this. */
const EPSILON = 2 ** -52

/** One object with `k` keypoints. */
export interface KeypointObject {
  /** `[k, 3]`, `x y visibility`, image pixels; visible if visibility is above 0. */
  keypoints: Float64Array
  /** `[4]`, `x y width height`, image pixels. */
  boxXywh: Float64Array
  /** Image pixels. */
  area: number
}

/**
 * Object keypoint similarity: the mean of `exp(-distance^2 / (2 area (2 sigma)^2))` over the ground
 * truth's visible keypoints. Where it has none, over all, with the distance to its box extended by
 * its own size on every side.
 *
 * Source: `COCOeval.computeOks` of pycocotools 2.0.11, same order of operations. Its `exp` is
 * numpy's, which may differ from `Math.exp` in the last bit.
 *
 * @param detection `[k, 3]`, image pixels; visibility is not looked at.
 * @param sigmas `[k]`, positive.
 * @returns 0 ... 1.
 */
export function oks(
  detection: Float64Array,
  { keypoints, boxXywh, area }: KeypointObject,
  sigmas: readonly number[],
): number {
  const k = sigmas.length
  let visible = 0
  for (let i = 0; i < k; i++) if (keypoints[3 * i + 2] > 0) visible++
  const x = boxXywh[0]
  const y = boxXywh[1]
  const width = boxXywh[2]
  const height = boxXywh[3]

  const similarities = new Float64Array(visible || k)
  let n = 0
  for (let i = 0; i < k; i++) {
    if (visible > 0 && !(keypoints[3 * i + 2] > 0)) continue
    let dx = detection[3 * i]
    let dy = detection[3 * i + 1]
    if (visible > 0) {
      dx -= keypoints[3 * i]
      dy -= keypoints[3 * i + 1]
    } else {
      dx = distanceTo(x - width, x + width * 2, dx)
      dy = distanceTo(y - height, y + height * 2, dy)
    }
    const deviation = sigmas[i] * 2
    const exponent = (dx * dx + dy * dy) / (deviation * deviation) / (area + EPSILON) / 2
    similarities[n++] = Math.exp(-exponent)
  }
  return pairwiseSum(similarities) / n
}

/** 0 within `low ... high`. */
function distanceTo(low: number, high: number, value: number): number {
  return Math.max(0, low - value) + Math.max(0, value - high)
}
