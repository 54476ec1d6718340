import { Random } from '../../random/random.js'
import { hundredths, jitterShape, type UnitShape, unitBlob } from './blob.js'
import { drawCategory, PERSON } from './categories.js'
import { detectPose } from './pose.js'
import { drawBox, type Scene, type SceneObject } from './scene.js'
import { BENCHMARK } from './statistics.js'

/** What a detector of middling quality reports. */
export interface Detection {
  categoryId: number
  /** Image pixels, hundredths. */
  boxXywh: number[]
  /** Drawn when asked for, since boxes do not need it. */
  shape(): UnitShape
  /** 0 to 1, thousandths. */
  score: number
  /** `[51]`; persons only. */
  keypoints?: number[]
}

/** A scene, and what its detector is like. */
interface View {
  scene: Scene
  random: Random
  /** Names the random streams of the outlines. */
  seed: number
  /** Categories that it takes things for. */
  suspects: number[]
}

/** How many categories a detector suspects in an image besides those that are there. */
const SUSPECTS = 10

/**
 * Draws the detections of one scene: moved copies of its objects, the same places under other
 * categories, and inventions.
 *
 * @param count how many; the surest are kept, and inventions fill up.
 * @returns the surest first.
 */
export function detectScene(seed: number, scene: Scene, count: number): Detection[] {
  const random = new Random('detections', seed, scene.imageId)
  const suspects = Array.from({ length: SUSPECTS }, () => drawCategory(random))
  const view = { scene, random, seed, suspects }
  const found = scene.objects.flatMap((object) =>
    object.isCrowd ? detectCrowd(view, object) : detectObject(view, object),
  )
  while (found.length < count) found.push(invent(view))
  return found.sort((a, b) => b.score - a.score).slice(0, count)
}

function detectObject(view: View, object: SceneObject): Detection[] {
  const { random, suspects } = view
  const side = Math.sqrt(object.boxXywh[2] * object.boxXywh[3])
  const missed = side < 40 ? 0.4 : side < 120 ? 0.2 : 0.08
  if (random.uniform() < missed) return []

  const spread = Math.min(0.5, 0.05 * Math.exp(0.7 * random.normal()) * (side < 40 ? 2 : 1))
  const sureness = sigmoid(1.8 - 14 * spread + 1.1 * random.normal())
  const first = copyOf(view, object, { spread, score: sureness })
  const copies = Array.from({ length: geometric(random, 0.55, 6) }, () =>
    copyOf(view, object, {
      spread: spread + 0.15 * random.uniform(),
      score: sureness * (0.05 + 0.6 * random.uniform()),
    }),
  )
  const confusions = Array.from({ length: geometric(random, 0.5, 4) }, () => {
    const mistaken = { ...object, categoryId: suspects[random.integer(SUSPECTS)] }
    return copyOf(view, mistaken, {
      spread: spread + 0.05 * random.uniform(),
      score: sureness * (0.02 + 0.5 * random.uniform()),
    })
  })
  return [first, ...copies, ...confusions]
}

/** Members of a crowd, each found on its own. */
function detectCrowd(view: View, crowd: SceneObject): Detection[] {
  const { random } = view
  const [x, y, width, height] = crowd.boxXywh
  return Array.from({ length: 3 + random.integer(8) }, () => {
    const boxXywh = [
      x + 0.7 * width * random.uniform(),
      y + 0.7 * height * random.uniform(),
      0.3 * width,
      0.3 * height,
    ]
    const member = { ...crowd, boxXywh, shape: undefined, keypoints: undefined }
    return copyOf(view, member, { spread: 0.1, score: random.uniform() ** 2 })
  })
}

function invent(view: View): Detection {
  const { random, scene, suspects } = view
  const { objects, width, height } = scene
  const isFitting = objects.length > 0 && random.uniform() < 0.5
  const categoryId = isFitting
    ? objects[random.integer(objects.length)].categoryId
    : suspects[random.integer(SUSPECTS)]
  const boxXywh = drawBox(random, [width, height], 40, 0.9)
  return copyOf(view, { categoryId, boxXywh }, { spread: 0, score: 0.5 * random.uniform() ** 5 })
}

function copyOf(
  { random, scene, seed }: View,
  object: Pick<SceneObject, 'categoryId' | 'boxXywh' | 'keypoints'> & { shape?: UnitShape },
  { spread, score }: { spread: number; score: number },
): Detection {
  const { categoryId, boxXywh: box } = object
  const { imageId, width, height } = scene
  const centre = [0, 1].map(
    (axis) => box[axis] + box[axis + 2] * (0.5 + 0.5 * spread * random.normal()),
  )
  const sides = [2, 3].map((axis) => box[axis] * Math.exp(spread * random.normal()))
  const [x1, x2] = clippedSide(centre[0], sides[0], width)
  const [y1, y2] = clippedSide(centre[1], sides[1], height)
  const boxXywh = [x1, y1, x2 - x1, y2 - y1].map(hundredths)
  const stream = random.integer(2 ** 32)
  const detection: Detection = {
    categoryId,
    boxXywh,
    shape: () => {
      const own = new Random('outline', seed, imageId, stream)
      return jitterShape(
        object.shape ?? [unitBlob(own, BENCHMARK.vertices(own, 0))],
        0.15 * spread,
        own,
      )
    },
    score: Math.round(score * 1e3) / 1e3,
  }
  if (categoryId === PERSON)
    detection.keypoints = detectPose(random, boxXywh, 0.3 * spread, object.keypoints)
  return detection
}

/** Both ends of a side, inside the image and at least a pixel apart. */
function clippedSide(centre: number, length: number, limit: number): [number, number] {
  const low = Math.min(limit - 1, Math.max(0, centre - length / 2))
  return [low, Math.min(limit, Math.max(low + 1, centre + length / 2))]
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** How often in a row a draw succeeds. */
function geometric(random: Random, probability: number, most: number): number {
  let times = 0
  while (times < most && random.uniform() < probability) times++
  return times
}
