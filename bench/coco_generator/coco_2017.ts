import type { Random } from '../../random/random.js'
import { type SizeShare, type Statistics, sizeAt } from './statistics.js'

/** What COCO 2017 has of each split. */
export const COCO_SPLITS = {
  train: { images: 118_287, empty: 1021, objects: 860_001 },
  val: { images: 5000, empty: 48, objects: 36_781 },
} as const

/** The commonest sizes; the remaining 17.5 % are any other size up to 640. */
export const COCO_SIZES: readonly SizeShare[] = [
  [640, 480, 25],
  [640, 427, 17],
  [480, 640, 8],
  [640, 426, 7],
  [427, 640, 5],
  [500, 375, 4],
  [640, 425, 3],
  [640, 428, 2],
  [426, 640, 2],
  [612, 612, 2],
  [375, 500, 2],
  [500, 333, 2],
  [640, 360, 2],
  [640, 640, 1.5],
  [640, 424, 1],
  [333, 500, 1],
]

/**
 * Rare sizes are a multiple of it long on their shorter side, so that a picture of each can be
 * kept.
 */
const RARE_STEP = 4

/**
 * COCO 2017. Sizes, crowds and areas - 41 % below 32^2 pixels, 34 % below 96^2, 24 % above - as
 * published; vertices as counted in the 929 polygon objects of coco128. Ids are below 581,921 and
 * in no order.
 *
 * Source: arXiv:1405.0312 and https://cocodataset.org/#detection-eval.
 */
export const COCO_2017: Statistics = {
  imageId: (index) => 1 + (((index + 1) * 368_787) % 581_921),
  imageSize: (random) => sizeAt(COCO_SIZES, 100 * random.uniform()) ?? rareSize(random),
  crowded: 0.0117,
  boxSide: { median: 52, spread: 1.17 },
  vertices: (random, side) => {
    const median = 4.9 * side ** 0.31
    return Math.max(4, Math.round(median * Math.exp(0.5 * random.normal())))
  },
}

function rareSize(random: Random): [width: number, height: number] {
  const short = 200 + RARE_STEP * random.integer(440 / RARE_STEP)
  return random.uniform() < 0.75 ? [640, short] : [short, 640]
}

/** Largest number of objects in an image. */
const MOST_OBJECTS = 93
/** A tenth of the images is twice as full as the others. */
const FULL = { part: 0.1, factor: 2 }

/**
 * How many objects each image has: none in `empty` of them, drawn at random, else 1 to 93,
 * `objects` together.
 *
 * @param random a stream of its own.
 */
export function objectCounts(
  random: Random,
  { images, empty, objects }: { images: number; empty: number; objects: number },
): Uint8Array {
  const counts = new Uint8Array(images)
  const order = random.shuffle(Array.from(counts.keys()))
  const filled = order.slice(empty)
  // Rounding down takes half an object.
  const mean = (objects / filled.length - 0.5) / (1 + FULL.part * (FULL.factor - 1))
  let left = objects
  for (const image of filled) {
    const factor = random.uniform() < FULL.part ? FULL.factor : 1
    const drawn = 1 + Math.floor(-factor * mean * Math.log(1 - random.uniform()))
    counts[image] = Math.min(MOST_OBJECTS, drawn)
    left -= counts[image]
  }
  for (let i = 0; left !== 0; i = (i + 1) % filled.length) {
    const step = Math.sign(left)
    const count = counts[filled[i]] + step
    if (count < 1 || count > MOST_OBJECTS) continue
    counts[filled[i]] = count
    left -= step
  }
  return counts
}
