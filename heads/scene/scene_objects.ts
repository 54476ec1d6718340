import { Random } from '../../random/random.js'

/** An object of the scene that fixed outputs describe. */
export interface SceneObject {
  /** `x1 y1 x2 y2`, input pixels, inside the image. */
  boxXyxy: number[]
  /** Index into the classes. */
  label: number
}

/** Objects in an image. */
export const OBJECT_COUNT = 20

/**
 * Side of the smallest and largest object, the root of its area, in shares of the image's short
 * side.
 */
const SIDES = [0.06, 0.8]

/** What all images of a benchmark show: objects of all sizes. */
export function sceneObjects(
  size: readonly [height: number, width: number],
  numClasses: number,
  seed: number,
): SceneObject[] {
  const random = new Random(seed, 'benchmark', 'scene')
  return Array.from({ length: OBJECT_COUNT }, () => ({
    boxXyxy: randomBox(size, random),
    label: random.integer(numClasses),
  }))
}

/** A box of any size between `SIDES`, each octave as likely, anywhere in the image. */
export function randomBox([height, width]: readonly [number, number], random: Random): number[] {
  const [least, most] = SIDES.map(Math.log2)
  const side = Math.min(height, width) * 2 ** (least + (most - least) * random.uniform())
  const stretch = 2 ** (random.uniform() - 0.5) // width over side, 0.71 to 1.41
  const w = Math.min(width, side * stretch)
  const h = Math.min(height, side / stretch)
  const x = (width - w) * random.uniform()
  const y = (height - h) * random.uniform()
  return [x, y, x + w, y + h]
}

/**
 * A box with each edge moved by up to a twentieth of its size: its IoU with the first is about 0.9.
 */
export function jitteredBox([x1, y1, x2, y2]: number[], random: Random): number[] {
  const moved = (edge: number, size: number) => edge + (random.uniform() - 0.5) * 0.1 * size
  const [w, h] = [x2 - x1, y2 - y1]
  return [moved(x1, w), moved(y1, h), moved(x2, w), moved(y2, h)]
}
