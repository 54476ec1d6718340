import { floats, type HostTensor } from '../host_tensor.js'
import { type BatchMasks, MASK_SIDE } from './mask_cells.js'
import { type PlacedImage, scaleFactor } from './placed_image.js'
import { roundUp } from './resize.js'
import type { CocoId } from './sample.js'
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

/** A batch before its pixels are decoded. */
export interface BatchPlan extends InputShape {
  images: PlacedImage[]
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
