import { Random } from '../../nn/random.js'
import { placeShape, type UnitShape, unitShape } from './blob.js'
import { drawCategory, PERSON } from './categories.js'
import { drawPose, NO_POSE } from './pose.js'

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

/** Common sizes of COCO's images, with about how many of a hundred have each. */
const SIZES: readonly [width: number, height: number, share: number][] = [
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
const CROWDED = 0.012
/** Of a new object: whether its category is one that the image does not have yet. */
const NEW_CATEGORY = 0.32

export interface SceneOptions {
  seed: number
  /** Of the image. */
  index: number
  /** Other objects in the same image for each. */
  round: number
  /** How many there are. */
  objects: number
}

/** Draws one image of a data set. The same options give the same scene, whatever was drawn before. */
export function drawScene({ seed, index, round, objects }: SceneOptions): Scene {
  const scene: Scene = { ...drawImage(seed, index), objects: [] }
  const random = new Random('objects', seed, index, round)
  for (let i = 0; i < objects; i++) {
    const { categoryId } =
      i === 0 || random.uniform() < NEW_CATEGORY
        ? { categoryId: drawCategory(random) }
        : scene.objects[random.integer(i)]
    scene.objects.push(drawObject(random, scene, categoryId))
  }
  return scene
}

/** The image alone. */
export function drawImage(seed: number, index: number): SceneImage {
  const [width, height] = drawSize(new Random('image', seed, index))
  return { imageId: imageIdOf(index), width, height }
}

/** Different for each index below ten million, and in no order, as COCO's are. */
function imageIdOf(index: number): number {
  return Number((BigInt(index + 1) * 7_368_787n) % 9_999_991n)
}

function drawSize(random: Random): [width: number, height: number] {
  let left = random.integer(100)
  for (const [width, height, share] of SIZES) {
    left -= share
    if (left < 0) return [width, height]
  }
  return [640, 480]
}

function drawObject(random: Random, { width, height }: Scene, categoryId: number): SceneObject {
  const isCrowd = random.uniform() < CROWDED
  const boxXywh = isCrowd
    ? drawBox(random, [width, height], 250, 0.3)
    : drawBox(random, [width, height], 58, 1)
  const shape = isCrowd
    ? Array.from({ length: 8 + random.integer(20) }, () => member(random))
    : unitShape(random)
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
function member(random: Random): number[] {
  const size = 0.15 + 0.25 * random.uniform()
  const corner = [random.uniform() * (1 - size), random.uniform() * (1 - size)]
  return unitShape(random)[0].map((value, i) => corner[i % 2] + value * size)
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
