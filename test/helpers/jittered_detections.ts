import type {
  COCO,
  CocoAnnotation,
  CocoResult,
} from '../../packages/pycocotools-js/source/index.js'
import { encode } from '../../packages/pycocotools-js/source/mask/index.js'
import { Random } from '../../random/random.js'

/**
 * Detections made of the ground truth: boxes moved and resized, some of them twice, missing or of
 * another category.
 *
 * Only sums and products of uniform numbers, so that they are the same everywhere. Many scores are
 * equal.
 */
export function jitteredBoxes(coco: COCO): CocoResult[] {
  const random = new Random('jittered boxes')
  return jittered(coco, random, ({ bbox = [] }) => {
    const [x, y, width, height] = bbox
    const numbers = [
      x + between(random, -0.15, 0.15) * width,
      y + between(random, -0.15, 0.15) * height,
      width * between(random, 0.8, 1.2),
      height * between(random, 0.8, 1.2),
    ]
    return { bbox: numbers.map((value) => Math.round(value * 100) / 100) }
  })
}

/** The same of masks: moved by some pixels, and grown. */
export function jitteredMasks(coco: COCO): CocoResult[] {
  const random = new Random('jittered masks')
  return jittered(coco, random, (annotation) => {
    const { size, data } = coco.annToMask(annotation)
    const move = [random.integer(9) - 4, random.integer(9) - 4] as const
    return { segmentation: encode({ size, data: movedMask(data, size, move, random.integer(3)) }) }
  })
}

function jittered(
  coco: COCO,
  random: Random,
  jitter: (annotation: CocoAnnotation) => Partial<CocoResult>,
): CocoResult[] {
  const catIds = coco.getCatIds()
  return coco.loadAnns(coco.getAnnIds()).flatMap((annotation) => {
    const copies = [0, 1, 1, 1, 2][random.integer(5)]
    return Array.from({ length: copies }, () => ({
      image_id: annotation.image_id,
      category_id:
        random.uniform() < 0.9 ? annotation.category_id! : catIds[random.integer(catIds.length)],
      ...jitter(annotation),
      score: random.integer(200) / 200,
    }))
  })
}

function between(random: Random, low: number, high: number): number {
  return low + random.uniform() * (high - low)
}

/**
 * @param pixels `[height, width]`; each that is set becomes a square of `2 * radius + 1` pixels.
 */
function movedMask(
  pixels: Uint8Array,
  [height, width]: readonly [number, number],
  [down, right]: readonly [number, number],
  radius: number,
): Uint8Array {
  const moved = new Uint8Array(pixels.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (!pixels[y * width + x]) continue
      const left = Math.max(0, x + right - radius)
      const end = Math.min(width, x + right + radius + 1)
      const top = Math.max(0, y + down - radius)
      const bottom = Math.min(height, y + down + radius + 1)
      for (let row = top; row < bottom; row++)
        for (let column = left; column < end; column++) moved[row * width + column] = 1
    }
  return moved
}
