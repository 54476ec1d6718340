import type { Random } from '../../random/random.js'

/** How the images and objects of a data set are spread. Draws depend on `random` alone. */
export interface Statistics {
  /** Different for each index, below ten million. */
  imageId(index: number): number
  /** `[width, height]`, pixels. */
  imageSize(random: Random): [width: number, height: number]
  /** Part of the objects that are crowds. */
  crowded: number
  /**
   * The root of the area of an object's box, pixels: its median, and the standard deviation of its
   * logarithm.
   */
  boxSide: { median: number; spread: number }
  /** Vertices of an object's outline. @param side the root of the area of its box, pixels. */
  vertices(random: Random, side: number): number
}

/** A size of images, and how many of a hundred images have it. */
export type SizeShare = readonly [width: number, height: number, percent: number]

/** The size that a draw of 0 to 100 falls on; undefined past the last. */
export function sizeAt(sizes: readonly SizeShare[], draw: number): [number, number] | undefined {
  let left = draw
  for (const [width, height, percent] of sizes) {
    left -= percent
    if (left < 0) return [width, height]
  }
  return undefined
}

/** Common sizes of COCO's images, the rarer ones counted among them. */
const SIZES: readonly SizeShare[] = [
  [640, 480, 33],
  [640, 427, 19],
  [480, 640, 12],
  [427, 640, 7],
  [640, 426, 6],
  [640, 360, 5],
  [500, 375, 4],
  [640, 640, 4],
  [612, 612, 4],
  [375, 500, 3],
  [333, 500, 3],
]

/**
 * Statistics of the data set that `npm run bench:coco` evaluates: about COCO's, with more vertices
 * than COCO's outlines.
 */
export const BENCHMARK: Statistics = {
  imageId: (index) => Number((BigInt(index + 1) * 7_368_787n) % 9_999_991n),
  imageSize: (random) => sizeAt(SIZES, random.integer(100)) ?? [640, 480],
  crowded: 0.012,
  boxSide: { median: 58, spread: 1 },
  vertices: (random) => 20 + random.integer(21),
}
