import { ConfigError } from '../../errors.js'
import { floats, type HostTensor, ints, scalar } from '../../host_tensor.js'
import { Random } from '../../random/random.js'
import type { LimitOptions } from '../image_header.js'
import { RenderPool } from '../render_pool.js'
import { renderedAhead } from '../rendered_ahead.js'
import {
  type CropOptions,
  requireOneColorChange,
  requireRoomForCrops,
  type TestCropsOptions,
} from './crop_options.js'
import { drawErasing, drawNoise, type ErasingOptions } from './draw_erasing.js'
import { drawMixing, type MixingOptions } from './draw_mixing.js'
import type { LabelledImages } from './labelled_images.js'
import type { CropRequest } from './render_crops.js'

/** What a classifier is trained on. */
export interface ClassTensors {
  /** `[n, h, w, 3]` uint8, RGB. */
  images: HostTensor
  /** `[n]` int32, index into the classes. */
  labels: HostTensor
  /** `boxesXyxy` `[n, 4]` and `noise` `[h, w, 3]`; only where erasing is asked for. */
  erasing?: { boxesXyxy: HostTensor; noise: HostTensor }
  /** `boxXyxy` `[4]` and two scalars; only where mixing is asked for. */
  mixing?: { boxXyxy: HostTensor; pixelShare: HostTensor; targetShare: HostTensor }
}

/** How pictures are put into batches. */
export interface ClassBatchOptions extends LimitOptions {
  /** Pictures of a batch. */
  batchSize: number
  /** Threads that decode and crop; batches do not depend on it. 0: this thread. @default 1 */
  workers?: number
}

/** What is done to the pictures of a training. */
export interface ClassAugmentation extends CropOptions {
  /** @default nothing is erased */
  erasing?: ErasingOptions
  /** @default pictures are not mixed */
  mixing?: MixingOptions
}

export interface ClassLoaderOptions extends ClassBatchOptions, ClassAugmentation {
  dataset: LabelledImages
  seed: number
}

interface Position {
  epoch: number
  iteration: number
}

/**
 * Endless shuffled batches of classified pictures, all of one shape. What a batch holds depends on
 * the options, the seed and its position only. The pictures that do not fill a last batch are left
 * out, other ones in each epoch.
 */
export class ClassLoader {
  readonly iterationsPerEpoch: number
  readonly shapeCount = 1
  private readonly pool: RenderPool

  constructor(private readonly options: ClassLoaderOptions) {
    const { dataset, batchSize, workers = 1 } = options
    this.iterationsPerEpoch = Math.floor(dataset.images.length / batchSize)
    if (this.iterationsPerEpoch === 0) {
      throw new ConfigError(
        'data.batchSize',
        `is ${batchSize}, but there are ${dataset.images.length} pictures to train on`,
        'lower it',
      )
    }
    if (options.mixing && batchSize % 2 === 1) {
      const what = `is ${batchSize}, and mixing pairs the pictures of a batch`
      throw new ConfigError('data.batchSize', what, 'give an even number')
    }
    requireOneColorChange(options)
    this.pool = new RenderPool(workers)
  }

  /** Batches from `start` on, over all epochs; the caller stops. */
  async *batches(
    start: Position = { epoch: 0, iteration: 0 },
  ): AsyncGenerator<{ readonly tensors: ClassTensors } & Position, void, undefined> {
    const requestOf = (plan: Plan) => this.requestOf(plan)
    for await (const { plan, rendered } of renderedAhead(this.plans(start), this.pool, requestOf)) {
      const { epoch, iteration } = plan
      yield { tensors: this.tensorsOf(plan, rendered.pixels), epoch, iteration }
    }
  }

  /** Takes a batch that is done with, to make a later one in its memory. */
  reuse({ images }: { images: HostTensor }): void {
    if (images.data instanceof Uint8Array) this.pool.reuse({ pixels: images.data })
  }

  /** Ends the worker threads. */
  async close(): Promise<void> {
    await this.pool.close()
  }

  private *plans(start: Position): Generator<Plan> {
    const { dataset, batchSize, seed } = this.options
    const all = dataset.images.map((_, index) => index)
    for (let epoch = start.epoch; ; epoch++) {
      const order = new Random(seed, 'class order', epoch).shuffle(all)
      const first = epoch === start.epoch ? start.iteration : 0
      for (let iteration = first; iteration < this.iterationsPerEpoch; iteration++) {
        const from = iteration * batchSize
        yield { epoch, iteration, indices: order.slice(from, from + batchSize) }
      }
    }
  }

  private requestOf({ epoch, iteration, indices }: Plan): CropRequest {
    const { dataset, batchSize, seed, maxPixels } = this.options
    const { imageSize, crop, colorJitter, flip, rotation, randAugment } = this.options
    return {
      size: [imageSize, imageSize],
      maxPixels,
      crops: { mode: 'train', imageSize, crop, colorJitter, flip, rotation, randAugment },
      images: indices.map((index, i) => ({
        ...sourceOf(dataset, index),
        stream: [seed, 'augment', epoch, iteration * batchSize + i],
      })),
    }
  }

  private tensorsOf(plan: Plan, pixels: Uint8Array): ClassTensors {
    const { dataset, imageSize, erasing, mixing } = this.options
    const count = plan.indices.length
    const labels = plan.indices.map((index) => dataset.images[index].label)
    return {
      images: { dtype: 'uint8', shape: [count, imageSize, imageSize, 3], data: pixels },
      labels: ints(labels, [count]),
      ...(erasing && { erasing: this.erasingOf(plan, erasing) }),
      ...(mixing && { mixing: this.mixingOf(plan, mixing) }),
    }
  }

  private erasingOf({ epoch, iteration, indices }: Plan, erasing: ErasingOptions) {
    const { imageSize, seed } = this.options
    const size = [imageSize, imageSize] as const
    const random = new Random(seed, 'erasing', epoch, iteration)
    const boxes = indices.flatMap(() => drawErasing(size, erasing, random))
    const noise = floats(drawNoise(size, random), [...size, 3])
    return { boxesXyxy: floats(boxes, [indices.length, 4]), noise }
  }

  private mixingOf({ epoch, iteration }: Plan, mixing: MixingOptions) {
    const { imageSize, seed } = this.options
    const random = new Random(seed, 'mixing', epoch, iteration)
    const drawn = drawMixing([imageSize, imageSize], mixing, random)
    return {
      boxXyxy: floats(drawn.boxXyxy, [4]),
      pixelShare: scalar(drawn.pixelShare),
      targetShare: scalar(drawn.targetShare),
    }
  }
}

interface Plan extends Position {
  indices: number[]
}

export interface ClassEvalOptions extends ClassBatchOptions, TestCropsOptions {
  dataset: LabelledImages
}

/** A batch of an evaluation. */
export interface ClassEvalBatch {
  /**
   * `[batchSize * testCrops, h, w, 3]` uint8, the crops of a picture side by side; black after the
   * last picture of the data set.
   */
  images: HostTensor
  /** Labels of the pictures, fewer than `batchSize` in the last batch. */
  labels: number[]
}

/**
 * All pictures once, in the order of the data set. A batch is done with when the next one is asked
 * for: a later one is made in its memory.
 */
export async function* classEvalBatches(
  options: ClassEvalOptions,
): AsyncGenerator<ClassEvalBatch, void, undefined> {
  const { dataset, batchSize, imageSize, testCropRatio, testCrops = 1 } = options
  const { workers = 1, maxPixels } = options
  requireRoomForCrops(options)
  const starts = Array.from(
    { length: Math.ceil(dataset.images.length / batchSize) },
    (_, i) => i * batchSize,
  )
  const indicesOf = (start: number) =>
    dataset.images.slice(start, start + batchSize).map((_, i) => start + i)
  const requestOf = (start: number): CropRequest => ({
    size: [imageSize, imageSize],
    maxPixels,
    crops: { mode: 'test', imageSize, testCropRatio, testCrops },
    images: indicesOf(start).map((index) => ({ ...sourceOf(dataset, index), stream: [] })),
  })
  const pool = new RenderPool(workers)
  try {
    for await (const { plan, rendered } of renderedAhead(starts, pool, requestOf)) {
      const labels = indicesOf(plan).map((index) => dataset.images[index].label)
      const shape = [batchSize * testCrops, imageSize, imageSize, 3]
      const data = filledUp(rendered.pixels, shape)
      yield { images: { dtype: 'uint8', shape, data }, labels }
      if (data === rendered.pixels) pool.reuse({ pixels: data })
    }
  } finally {
    await pool.close()
  }
}

/** Pixels of a batch that is not full, with black pictures after them: one graph is enough. */
function filledUp(pixels: Uint8Array, shape: readonly number[]): Uint8Array {
  const bytes = shape.reduce((product, side) => product * side)
  if (pixels.length === bytes) return pixels
  const filled = new Uint8Array(bytes)
  filled.set(pixels)
  return filled
}

function sourceOf({ images, pictures }: LabelledImages, index: number) {
  const { file } = images[index]
  return { file, picture: pictures?.(index) }
}
