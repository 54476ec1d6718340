import { COCO_SIZES } from '../../bench/coco_generator/coco_2017.js'
import { sizeAt } from '../../bench/coco_generator/statistics.js'
import type { Sample } from '../../datasets/index.js'
import { Random } from '../../random/random.js'

/**
 * Images with sizes and numbers of objects that are spread as COCO's: 7 objects on average, at most
 * 93.
 *
 * Pixels and boxes are not looked at.
 */
export function cocoLikeSamples(count: number): Sample[] {
  const random = new Random('coco like')
  return Array.from({ length: count }, (_, i) => {
    const size = drawSize(random)
    const objects = Math.min(93, Math.ceil(4.2 * Math.exp(0.95 * random.normal())))
    return {
      imageId: i + 1,
      file: `${i + 1}.jpg`,
      size,
      boxesXyxy: Float32Array.from({ length: 4 * objects }, (_, k) => (k % 4 < 2 ? 10 : 90)),
      labels: new Int32Array(objects),
      crowdBoxesXyxy: new Float32Array(0),
      segmentation: () => undefined,
      annotationId: (object) => object + 1,
    }
  })
}

function drawSize(random: Random): [height: number, width: number] {
  const common = sizeAt(COCO_SIZES, 100 * random.uniform())
  if (common) return [common[1], common[0]]
  const short = 200 + random.integer(441)
  return random.uniform() < 0.75 ? [short, 640] : [640, short]
}
