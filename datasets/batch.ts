import { floats, type HostTensor } from '../host_tensor.js'
import type { Random } from '../random/random.js'
import { type BatchMasks, MASK_SIDE } from './mask_cells.js'
import { resizedSize, roundUp } from './resize.js'
import type { CocoId, Sample } from './sample.js'
import { type InputShape, shapeFor } from './shape_plan.js'

/** What a model is given: `n` images of one padded size, `g` places for objects in each. */
export interface HostBatch {
  tensors: {
    /** `[n, h, w, 3]` uint8, RGB, resized; zero at the bottom and right. */
    images: HostTensor
    /** `[n, 2]` float32: height and width after resizing, before padding, input pixels. */
    imageSizes: HostTensor
    /** `[n, g, 4]` float32 `x1 y1 x2 y2`, input pixels; rows past an image's objects are zero. */
    boxesXyxy: HostTensor
    /** `[n, g]` int32, index into the classes; -1 past an image's objects. */
    labels: HostTensor
    /** `[n, g, side, side]` uint8, as `InstanceMask`; only where masks are asked for. */
    masks?: HostTensor
    /** `[n, g, 4]` float32 `x1 y1 x2 y2`, input pixels: what `masks` show. */
    maskFramesXyxy?: HostTensor
  }
  imageIds: CocoId[]
  /** `[height, width]` of each image on disk. */
  originalSizes: [number, number][]
  /** x and y factors from the image on disk to the input, of the rounded sizes. */
  scaleFactors: [number, number][]
}

/** An image with its place in a batch: everything but the pixels. */
export interface PlacedImage {
  sample: Sample
  /** `[height, width]` after resizing, input pixels. */
  size: [number, number]
  flip: boolean
  /** `[n, 4]`, `x1 y1 x2 y2`, input pixels, inside the resized image. */
  boxesXyxy: Float32Array
  /** `[n]`. */
  labels: Int32Array
  /** `[n]`, which object of the sample each one is. */
  objects: number[]
}

/** A batch before its pixels are decoded. */
export interface BatchPlan extends InputShape {
  images: PlacedImage[]
}

export interface Augmentation {
  /** Limits of the `[long, short]` side; each image draws one. */
  scales: readonly (readonly [number, number])[]
  /** Probability of mirroring left and right. */
  flip: number
}

/** How often another image is drawn in place of one that lost all its objects. */
const MAX_REDRAWS = 100

/**
 * Draws scale and flip, and draws another image of the same group where that costs an image all its
 * objects.
 *
 * @param index image to start with, an index into `samples`.
 * @param draw `group`: the indices to redraw from; `random`: a stream of its own for each place
 *   in an epoch.
 */
export function augmentImage(
  samples: readonly Sample[],
  index: number,
  { scales, flip }: Augmentation,
  { group, random }: { group: readonly number[]; random: Random },
): PlacedImage {
  let sample = samples[index]
  for (let redraws = 0; ; redraws++) {
    const scale = scales[random.integer(scales.length)]
    const placed = placeImage(sample, { scale, flip: random.uniform() < flip })
    const isUsable = placed.labels.length > 0 || sample.labels.length === 0
    if (isUsable || redraws === MAX_REDRAWS) return placed
    sample = samples[group[random.integer(group.length)]]
  }
}

/**
 * Where an image and its objects come to lie: scaled to fit `scale`, then perhaps mirrored.
 *
 * Boxes are scaled by the factors of the rounded size and clipped to the image; one that is left
 * without width or height is dropped.
 *
 * Source: mmdetection 2.x's `Resize` (keep_ratio) and `RandomFlip`, in float32 as there.
 */
export function placeImage(
  sample: Sample,
  { scale, flip }: { scale: readonly [number, number]; flip: boolean },
): PlacedImage {
  const size = resizedSize(sample.size, scale)
  const [factorX, factorY] = scaleFactor(sample.size, size).map(Math.fround)
  const [height, width] = size
  const clipX = (x: number) => Math.min(Math.max(Math.fround(x * factorX), 0), width)
  const clipY = (y: number) => Math.min(Math.max(Math.fround(y * factorY), 0), height)

  const boxes: number[] = []
  const labels: number[] = []
  const objects: number[] = []
  const { boxesXyxy } = sample
  for (const [i, label] of sample.labels.entries()) {
    const [x1, y1, x2, y2] = boxesXyxy.subarray(i * 4, i * 4 + 4)
    const [left, top, right, bottom] = [clipX(x1), clipY(y1), clipX(x2), clipY(y2)]
    if (right <= left || bottom <= top) continue
    boxes.push(...(flip ? [width - right, top, width - left, bottom] : [left, top, right, bottom]))
    labels.push(label)
    objects.push(i)
  }
  return {
    sample,
    size,
    flip,
    boxesXyxy: Float32Array.from(boxes),
    labels: Int32Array.from(labels),
    objects,
  }
}

/** x and y factors from `size` to `resized`, both `[height, width]`. */
function scaleFactor(
  size: readonly [number, number],
  resized: readonly [number, number],
): [number, number] {
  return [resized[1] / size[1], resized[0] / size[0]]
}

/**
 * Puts images in a batch: their common size, each side rounded up to a multiple of `bucketStep`.
 */
export function planBatch(images: PlacedImage[], bucketStep: number): BatchPlan {
  const { size, slots } = neededShape(images)
  const [height, width] = size.map((side) => roundUp(side, bucketStep))
  return { size: [height, width], slots: objectSlots(slots), images }
}

/** Puts images in a batch of the first of these shapes that holds them and all their objects. */
export function planBatchIn(images: PlacedImage[], shapes: readonly InputShape[]): BatchPlan {
  const { size, slots } = shapeFor(shapes, neededShape(images))
  return { size, slots, images }
}

/** The smallest shape that holds images. */
function neededShape(images: readonly PlacedImage[]): InputShape {
  const largest = (side: (image: PlacedImage) => number) => Math.max(...images.map(side))
  return {
    size: [largest(({ size }) => size[0]), largest(({ size }) => size[1])],
    slots: largest(({ labels }) => labels.length),
  }
}

/**
 * Joins a plan and its pixels, `[n, h, w, 3]`, to a batch, with the masks of its objects where they
 * were drawn.
 */
export function assembleBatch(
  { size, slots, images }: BatchPlan,
  pixels: Uint8Array,
  masks?: BatchMasks,
): HostBatch {
  const count = images.length
  const boxesXyxy = new Float32Array(count * slots * 4)
  const labels = new Int32Array(count * slots).fill(-1)
  for (const [i, image] of images.entries()) {
    boxesXyxy.set(image.boxesXyxy, i * slots * 4)
    labels.set(image.labels, i * slots)
  }
  const imageSizes = Float32Array.from(images.flatMap((image) => image.size))
  return {
    tensors: {
      images: { dtype: 'uint8', shape: [count, ...size, 3], data: pixels },
      imageSizes: { dtype: 'float32', shape: [count, 2], data: imageSizes },
      boxesXyxy: { dtype: 'float32', shape: [count, slots, 4], data: boxesXyxy },
      labels: { dtype: 'int32', shape: [count, slots], data: labels },
      ...(masks && maskTensors(masks, [count, slots])),
    },
    imageIds: images.map((image) => image.sample.imageId),
    originalSizes: images.map((image) => image.sample.size),
    scaleFactors: images.map((image) => scaleFactor(image.sample.size, image.size)),
  }
}

/** @param places `[n, g]`. */
function maskTensors(
  { cells, framesXyxy }: BatchMasks,
  places: [number, number],
): { masks: HostTensor; maskFramesXyxy: HostTensor } {
  return {
    masks: { dtype: 'uint8', shape: [...places, MASK_SIDE, MASK_SIDE], data: cells },
    maskFramesXyxy: floats(framesXyxy, [...places, 4]),
  }
}

/**
 * Places for objects in a batch whose fullest image has `count`: the next of 8, 16, 32, ... Few
 * counts mean few compiled graphs, and no object is ever dropped.
 */
export function objectSlots(count: number): number {
  let slots = 8
  while (slots < count) slots *= 2
  return slots
}
