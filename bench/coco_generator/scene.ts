import { Random } from '../../random/random.js'
import { placeShape, type UnitShape, unitShape } from './blob.js'
import { drawCategory, PERSON } from './categories.js'
import { drawPose, NO_POSE } from './pose.js'
import type { Statistics } from './statistics.js'

export interface SceneObject {
  categoryId: number
  /** Image pixels. */
  boxXywh: number[]
  shape: UnitShape
  /** Image pixels; of a crowd: of all who are in it. */
  polygons: number[][]
  isCrowd: boolean
  /** `[51]`, `x y visibility` of 17 points, all 0 where none is labelled; persons only. */
  keypoints?: number[]
}

/** Pixels. */
export interface SceneImage {
  imageId: number
  width: number
  height: number
}

/** One image and what is in it. */
export interface Scene extends SceneImage {
  objects: SceneObject[]
}

/** Probability that a new object has a category that the image does not have yet. */
const NEW_CATEGORY = 0.32

export interface SceneOptions {
  seed: number
  /** Index of the image. */
  index: number
  /** Other objects in the same image for each. */
  round: number
  /** How many there are. */
  objects: number
  statistics: Statistics
}

/**
 * Draws one image of a data set. The same options give the same scene, whatever was drawn before.
 */
export function drawScene(options: SceneOptions): Scene {
  const { seed, index, round, objects, statistics } = options
  const scene: Scene = { ...drawImage(options), objects: [] }
  const random = new Random('objects', seed, index, round)
  for (let i = 0; i < objects; i++) {
    const { categoryId } =
      i === 0 || random.uniform() < NEW_CATEGORY
        ? { categoryId: drawCategory(random) }
        : scene.objects[random.integer(i)]
    scene.objects.push(drawObject(random, scene, { categoryId, statistics }))
  }
  return scene
}

/** The image alone. */
export function drawImage({
  seed,
  index,
  statistics,
}: Pick<SceneOptions, 'seed' | 'index' | 'statistics'>): SceneImage {
  const [width, height] = statistics.imageSize(new Random('image', seed, index))
  return { imageId: statistics.imageId(index), width, height }
}

function drawObject(
  random: Random,
  { width, height }: Scene,
  { categoryId, statistics }: { categoryId: number; statistics: Statistics },
): SceneObject {
  const isCrowd = random.uniform() < statistics.crowded
  const { median, spread } = statistics.boxSide
  const boxXywh = isCrowd
    ? drawBox(random, [width, height], 250, 0.3)
    : drawBox(random, [width, height], median, spread)
  const side = Math.sqrt(boxXywh[2] * boxXywh[3])
  const vertices = () => statistics.vertices(random, side)
  const shape = isCrowd
    ? Array.from({ length: 8 + random.integer(20) }, () => member(random, vertices))
    : unitShape(random, vertices)
  const object: SceneObject = {
    categoryId,
    boxXywh,
    shape,
    polygons: placeShape(shape, boxXywh),
    isCrowd,
  }
  if (categoryId === PERSON) object.keypoints = isCrowd ? [...NO_POSE] : drawPose(random, boxXywh)
  return object
}

/** One of a crowd: a small outline somewhere in its box. */
function member(random: Random, vertices: () => number): number[] {
  const size = 0.15 + 0.25 * random.uniform()
  const corner = [random.uniform() * (1 - size), random.uniform() * (1 - size)]
  return unitShape(random, vertices)[0].map((value, i) => corner[i % 2] + value * size)
}

/** A box inside the image. @param side pixels, the median of the root of its area. */
export function drawBox(
  random: Random,
  sizeWh: readonly [number, number],
  side: number,
  spread: number,
): number[] {
  const root = side * Math.exp(spread * random.normal())
  const stretch = Math.exp(0.25 * random.normal())
  const sides = [root * stretch, root / stretch].map((length, axis) =>
    Math.min(0.98 * sizeWh[axis], Math.max(4, length)),
  )
  const corner = sides.map((length, axis) => random.uniform() * (sizeWh[axis] - length))
  return [...corner, ...sides].map((value) => Math.floor(value * 100) / 100)
}
