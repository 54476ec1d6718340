import { assembleBatch, type PlacedImage, planBatch, type Sample } from '../datasets/index.js'
import type { HostTree } from '../engine/index.js'
import { Random } from '../nn/index.js'
import type { BatchTensors } from '../training/index.js'

export interface BatchOptions {
  shape: [height: number, width: number]
  objects: number
  numClasses: number
  /** With a mask for each object: the ellipse in its box. */
  masks: boolean
}

/** A batch of one image, and its objects as the peers take them. */
export interface RandomBatch {
  tensors: HostTree<BatchTensors>
  /** `[1][objects][4]`, `x1 y1 x2 y2`. */
  boxes: number[][][]
  /** `[1][objects]`. */
  labels: number[][]
}

/** Corners of the polygon that stands for an ellipse. */
const CORNERS = 32

/** Random pixels, and objects between a tenth and a half of the image. */
export function randomBatch({ shape, objects, numClasses, masks }: BatchOptions): RandomBatch {
  const [height, width] = shape
  const random = new Random('train_step')
  const pixels = Uint8Array.from({ length: height * width * 3 }, () => random.integer(256))
  const boxes = Array.from({ length: objects }, () => {
    const [w, h] = [width, height].map((side) => side * (0.1 + 0.4 * random.uniform()))
    const [x, y] = [random.uniform() * (width - w), random.uniform() * (height - h)]
    return [x, y, x + w, y + h]
  })
  const sample: Sample = {
    imageId: 1,
    file: 'random image',
    size: shape,
    boxesXyxy: Float32Array.from(boxes.flat()),
    labels: Int32Array.from({ length: objects }, () => random.integer(numClasses)),
    segmentations: boxes.map((box) => [ellipse(box)]),
    annotationIds: boxes.map((_, i) => i),
    crowdBoxesXyxy: new Float32Array(0),
  }
  const { boxesXyxy, labels } = sample
  const image: PlacedImage = {
    sample,
    size: shape,
    flip: false,
    boxesXyxy,
    labels,
    objects: boxes.map((_, i) => i),
  }
  const { tensors } = assembleBatch(planBatch([image], 1), pixels, { masks })
  return { tensors: { ...tensors }, boxes: [boxes], labels: [[...labels]] }
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
