import { sizeOf } from '../../host_tensor.js'
import { type AnchorOptions, pyramidAnchors } from '../../ops/anchors.js'
import { Random } from '../../random/random.js'
import type { SceneObject } from './scene_objects.js'

/** Highest and lowest logit of an anchor that sees an object: scores of 0.88 to 0.12. */
const SEEN = { first: 2, last: -2 }
/** Logits of all others: scores of 0.0003 to 0.018. */
const UNSEEN = { least: -8, most: -4 }
/** Largest delta. */
const LARGEST_DELTA = 0.1

export interface AnchorOutputOptions {
  /** `[height, width]` of each level in cells. */
  featureSizes: [number, number][]
  anchors: AnchorOptions
  numClasses: number
  /** Anchors that see each object, those that overlap it most. */
  anchorsPerObject: number
  seed: number
}

/**
 * What a dense head may return for a scene: high logits for the anchors around each object, low
 * ones elsewhere, and small deltas everywhere.
 *
 * @returns of each level, for one image, `[h, w, k * numClasses]` and `[h, w, k * 4]`, the anchor
 *   being the slow index.
 */
export function anchorOutputs(
  objects: readonly SceneObject[],
  { featureSizes, anchors, numClasses, anchorsPerObject, seed }: AnchorOutputOptions,
): { logits: Float32Array[]; deltas: Float32Array[] } {
  const random = new Random(seed, 'benchmark', 'anchors', numClasses)
  const between = (least: number, most: number) => least + (most - least) * random.uniform()
  const perCell = anchors.scales.length * anchors.ratios.length
  const counts = featureSizes.map((size) => sizeOf(size) * perCell)
  const anchorCount = counts.reduce((sum, count) => sum + count, 0)

  const { least, most } = UNSEEN
  const logits = new Float32Array(anchorCount * numClasses).map(() => between(least, most))
  const deltas = new Float32Array(anchorCount * 4).map(() => between(-LARGEST_DELTA, LARGEST_DELTA))
  const anchorsXyxy = pyramidAnchors(featureSizes, anchors).data as Float32Array
  for (const { boxXyxy, label } of objects) {
    const nearest = nearestAnchors(anchorsXyxy, boxXyxy).slice(0, anchorsPerObject)
    for (const [rank, anchor] of nearest.entries()) {
      const share = rank / anchorsPerObject
      logits[anchor * numClasses + label] = SEEN.first + (SEEN.last - SEEN.first) * share
    }
  }
  return { logits: cut(logits, counts, numClasses), deltas: cut(deltas, counts, 4) }
}

/** Anchors that touch a box, by falling IoU. */
function nearestAnchors(anchorsXyxy: Float32Array, [x1, y1, x2, y2]: number[]): number[] {
  const overlaps = new Map<number, number>()
  const area = (x2 - x1) * (y2 - y1)
  for (let i = 0; i < anchorsXyxy.length; i += 4) {
    const w = Math.min(x2, anchorsXyxy[i + 2]) - Math.max(x1, anchorsXyxy[i])
    const h = Math.min(y2, anchorsXyxy[i + 3]) - Math.max(y1, anchorsXyxy[i + 1])
    if (w <= 0 || h <= 0) continue
    const [anchorW, anchorH] = [
      anchorsXyxy[i + 2] - anchorsXyxy[i],
      anchorsXyxy[i + 3] - anchorsXyxy[i + 1],
    ]
    overlaps.set(i / 4, (w * h) / (area + anchorW * anchorH - w * h))
  }
  return [...overlaps].toSorted((a, b) => b[1] - a[1]).map(([anchor]) => anchor)
}

/** The part of each level. */
function cut(values: Float32Array, counts: number[], width: number): Float32Array[] {
  let from = 0
  return counts.map((count) => {
    const part = values.subarray(from, from + count * width)
    from += count * width
    return part
  })
}
