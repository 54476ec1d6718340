import { Random } from '../../random/random.js'
import { jitteredBox, randomBox, type SceneObject } from './scene_objects.js'

/**
 * RoIs in a row of which as many lie on the objects of the scene as it has, one on each; the others
 * lie anywhere.
 */
const ROUND = 50
/**
 * Highest and lowest logit of the class of a RoI on an object, over the background's: scores of
 * 0.88 to 0.12.
 */
const SEEN = { first: 2, last: -2 }
/** Logit of the background. With 80 classes, each has about 0.0015 where there is no object. */
const BACKGROUND = 6
/** Largest delta, in the units of the box coder. */
const LARGEST_DELTA = 0.5

export interface FixedRoiOptions {
  count: number
  /** `[height, width]` of the image, input pixels. */
  size: readonly [number, number]
  seed: number
  /** Name of the random stream. */
  name: string
}

/**
 * RoIs of an image, of all sizes, in an order that mixes them: `count` boxes `x1 y1 x2 y2`, input
 * pixels.
 */
export function fixedRois(
  objects: readonly SceneObject[],
  { count, size, seed, name }: FixedRoiOptions,
): number[][] {
  const random = new Random(seed, 'benchmark', name)
  return Array.from({ length: count }, (_, i) => {
    const object = objects[i % ROUND]
    return object ? jitteredBox(object.boxXyxy, random) : randomBox(size, random)
  })
}

/**
 * What the box head may return for the RoIs that `fixedRois` returns: a class for those on objects,
 * the background for all others, and small deltas.
 *
 * @returns of one image, `[r, numClasses + 1]`, background last, and `[r, numClasses * 4]`.
 */
export function roiOutputs(
  objects: readonly SceneObject[],
  { count, numClasses, seed }: { count: number; numClasses: number; seed: number },
): { classLogits: Float32Array; boxDeltas: Float32Array } {
  const random = new Random(seed, 'benchmark', 'roi outputs')
  const width = numClasses + 1
  const classLogits = new Float32Array(count * width).map(() => random.uniform() - 1)
  for (let i = 0; i < count; i++) {
    classLogits[i * width + numClasses] = BACKGROUND
    const object = objects[i % ROUND]
    if (!object) continue
    const share = Math.floor(i / ROUND) / Math.ceil(count / ROUND)
    const over = SEEN.first + (SEEN.last - SEEN.first) * share
    classLogits[i * width + object.label] = BACKGROUND + over
  }
  const boxDeltas = new Float32Array(count * numClasses * 4).map(
    () => (2 * random.uniform() - 1) * LARGEST_DELTA,
  )
  return { classLogits, boxDeltas }
}

/** The mask of an object that is a disc in its box: `[side, side]`, positive inside. */
export function maskLogits(side: number): Float32Array {
  const offset = (cell: number) => (2 * cell + 1) / side - 1 // -1 to 1
  return Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [offset(i % side), offset(Math.floor(i / side))]
    return 8 * (0.81 - x * x - y * y)
  })
}
