import type { Sample } from '../../datasets/index.js'
import { Random } from '../../nn/random.js'

/** Share of the commonest sizes `[width, height]` among COCO's images, in percent; the rest is any other size up to 640. */
const SIZES: [width: number, height: number, percent: number][] = [
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
 * Images with sizes and numbers of objects that are spread as COCO's: 7 objects on average, at most 93.
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
  let percent = 100 * random.uniform()
  for (const [width, height, share] of SIZES) {
    percent -= share
    if (percent < 0) return [height, width]
  }
  const short = 200 + random.integer(441)
  return random.uniform() < 0.75 ? [short, 640] : [640, short]
}
