import { drawMasks } from '../../datasets/batch_masks.js'
import {
  assembleBatch,
  type HostBatch,
  placeImage,
  planBatch,
  type Sample,
} from '../../datasets/index.js'
import { maskRequest } from '../../datasets/mask_request.js'
import { Random } from '../../random/random.js'

/** An image of noise, and objects that are octagons, or the whole of a box below 4 pixels. */
export interface ObjectScene {
  /** `[height, width]`. */
  size: [number, number]
  /** `x1 y1 x2 y2` of each object. */
  boxes: number[][]
  labels: number[]
}

/** A training batch with masks, of images in their own size. */
export function objectBatch(
  scenes: readonly ObjectScene[],
  { bucketStep = 32, flip = false }: { bucketStep?: number; flip?: boolean } = {},
): HostBatch {
  const placed = scenes.map(({ size, boxes, labels }, i) => {
    const sample: Sample = {
      imageId: i + 1,
      file: `${i + 1}.png`,
      size,
      boxesXyxy: Float32Array.from(boxes.flat()),
      labels: Int32Array.from(labels),
      segmentation: (object) => ({ polygons: [outline(boxes[object])] }),
      annotationId: (object) => 100 * i + object + 1,
      crowdBoxesXyxy: new Float32Array(0),
    }
    const scale = [Math.max(...size), Math.min(...size)] as const
    return placeImage(sample, { scale, flip })
  })
  const plan = planBatch(placed, bucketStep)
  return assembleBatch(plan, noisePixels(plan.size, scenes), drawMasks(maskRequest(plan)))
}

/** An octagon has its corners cut off by a quarter of each side. */
function outline([x1, y1, x2, y2]: number[]): number[] {
  const [dx, dy] = [(x2 - x1) / 4, (y2 - y1) / 4]
  if (dx < 1 || dy < 1) return [x1, y1, x2, y1, x2, y2, x1, y2]
  return [
    ...[x1 + dx, y1, x2 - dx, y1, x2, y1 + dy, x2, y2 - dy],
    ...[x2 - dx, y2, x1 + dx, y2, x1, y2 - dy, x1, y1 + dy],
  ]
}

/** `[n, h, w, 3]`, 0 outside the images. */
function noisePixels([height, width]: [number, number], scenes: readonly ObjectScene[]) {
  const random = new Random('object batch')
  const pixels = new Uint8Array(scenes.length * height * width * 3)
  for (const [i, { size }] of scenes.entries()) {
    for (let y = 0; y < size[0]; y++) {
      const start = (i * height + y) * width * 3
      for (let place = start; place < start + 3 * size[1]; place++)
        pixels[place] = random.integer(256)
    }
  }
  return pixels
}
