import { assembleBatch, planBatch } from '../datasets/batch.js'
import { drawMasks } from '../datasets/batch_masks.js'
import { maskRequest } from '../datasets/mask_request.js'
import type { PlacedImage } from '../datasets/placed_image.js'
import type { Sample } from '../datasets/sample.js'
import type { TrainBatch } from '../detectors/detector.js'
import type { HostTree } from '../engine/index.js'
import { Random } from '../nn/index.js'

export interface BatchOptions {
  shape: [height: number, width: number]
  objects: number
  numClasses: number
  /** Whether each object has a mask: the ellipse in its box. */
  masks: boolean
  /** Images. @default 1 */
  batch?: number
}

/** A batch, and its objects as the peers take them. */
export interface RandomBatch {
  tensors: HostTree<TrainBatch>
  /** `[batch][objects][4]`, `x1 y1 x2 y2`. */
  boxes: number[][][]
  /** `[batch][objects]`. */
  labels: number[][]
}

/** Corners of the polygon that stands for an ellipse. */
const CORNERS = 32

/** Random pixels, and objects between a tenth and a half of the image. */
export function randomBatch({
  shape: [height, width],
  objects,
  numClasses,
  masks,
  batch = 1,
}: BatchOptions): RandomBatch {
  const random = new Random('train_step')
  const pixels = Uint8Array.from({ length: batch * height * width * 3 }, () => random.integer(256))
  const images = Array.from({ length: batch }, () =>
    randomObjects([height, width], { objects, numClasses, random }),
  )
  const plan = planBatch(images, 1)
  const { tensors } = assembleBatch(plan, pixels, masks ? drawMasks(maskRequest(plan)) : undefined)
  return {
    tensors: { ...tensors },
    boxes: images.map(({ boxesXyxy }) => rows(boxesXyxy)),
    labels: images.map(({ labels }) => [...labels]),
  }
}

function randomObjects(
  [height, width]: [number, number],
  { objects, numClasses, random }: { objects: number; numClasses: number; random: Random },
): PlacedImage {
  const boxes = Array.from({ length: objects }, () => {
    const [w, h] = [width, height].map((side) => side * (0.1 + 0.4 * random.uniform()))
    const [x, y] = [random.uniform() * (width - w), random.uniform() * (height - h)]
    return [x, y, x + w, y + h]
  })
  const sample: Sample = {
    imageId: 1,
    file: 'random image',
    size: [height, width],
    boxesXyxy: Float32Array.from(boxes.flat()),
    labels: Int32Array.from({ length: objects }, () => random.integer(numClasses)),
    segmentation: (object) => ({ polygons: [ellipse(boxes[object])] }),
    annotationId: (object) => object + 1,
    crowdBoxesXyxy: new Float32Array(0),
  }
  const { boxesXyxy, labels, size } = sample
  return { sample, size, flip: false, boxesXyxy, labels, objects: boxes.map((_, i) => i) }
}

function rows(boxesXyxy: Float32Array): number[][] {
  return Array.from({ length: boxesXyxy.length / 4 }, (_, i) => [
    ...boxesXyxy.subarray(4 * i, 4 * i + 4),
  ])
}

/** The ellipse in a box, as a polygon `x y x y ...`. */
function ellipse([x1, y1, x2, y2]: number[]): number[] {
  return Array.from({ length: CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS
    return [
      (x1 + x2 + (x2 - x1) * Math.cos(angle)) / 2,
      (y1 + y2 + (y2 - y1) * Math.sin(angle)) / 2,
    ]
  }).flat()
}
