import { ConfigError } from '../errors.js'
import type { HostTensor } from '../host_tensor.js'
import { Random } from '../random/random.js'
import {
  type Augmentation,
  augmentImage,
  placeImage,
  type Transform,
  trainTransforms,
} from './augment.js'
import { assembleBatch, type BatchPlan, type HostBatch, planBatch, planBatchIn } from './batch.js'
import { evaluationNeeds, trainingNeeds } from './batch_needs.js'
import type { CocoDataset } from './coco.js'
import type { ImageOptions } from './image.js'
import { type RenderOptions, renderRequest } from './render.js'
import { RenderPool } from './render_pool.js'
import { renderedAhead } from './rendered_ahead.js'
import { aspectGroup, batchesPerEpoch, epochBatches, membersByGroup } from './sampler.js'
import { planShapes, type ShapePlan, shapeFor } from './shape_plan.js'

/** Both from 0. */
export interface Position {
  epoch: number
  /** Batch of the epoch. */
  iteration: number
}

/** A batch that knows where it belongs. */
export interface TrainingBatch extends HostBatch, Position {}

/** How images are put into batches. */
export interface BatchOptions extends ImageOptions {
  /** Images of a batch. */
  batchSize: number
  /** Sides of batches are padded up to multiples of it, itself a multiple of 32. */
  bucketStep: number
  /**
   * Largest number of input shapes: of the sizes that `bucketStep` makes, those that waste least on
   * the data set. Each is a graph to compile. At most 100. @default all that `bucketStep` makes
   */
  shapes?: number
  /** Threads that decode and resize; batches do not depend on it. 0: this thread. @default 1 */
  workers?: number
}

interface LoaderOptions extends BatchOptions {
  dataset: CocoDataset
}

export interface TrainLoaderOptions extends LoaderOptions, Augmentation {
  seed: number
  /** Batches with the masks of their objects. @default false */
  masks?: boolean
  /**
   * How images come to lie, no larger than `scales` allow. @default `trainTransforms` of the scales
   * and the flip
   */
  transforms?: readonly Transform[]
}

/**
 * Endless shuffled batches. What a batch holds depends on the options, the seed and its position
 * only.
 */
export class TrainLoader {
  readonly iterationsPerEpoch: number
  /** The input shapes of all batches, where `shapes` limits them. */
  readonly shapePlan: ShapePlan | undefined
  private readonly options: TrainLoaderOptions
  private readonly groups: number[]
  private readonly members: Map<number, number[]>
  private readonly transforms: readonly Transform[]
  private readonly pool: RenderPool

  constructor(options: TrainLoaderOptions) {
    checkOptions(options)
    checkAugmentation(options)
    this.options = options
    this.groups = options.dataset.samples.map((sample) => aspectGroup(sample.size))
    this.members = membersByGroup(this.groups)
    this.iterationsPerEpoch = batchesPerEpoch(this.groups, options.batchSize)
    this.transforms = options.transforms ?? trainTransforms(options)
    this.shapePlan = planTraining(options)
    this.pool = new RenderPool(options.workers ?? 1)
  }

  /** How many input shapes batches may have, where that is limited. */
  get shapeCount(): number | undefined {
    return this.shapePlan?.shapes.length
  }

  /**
   * Batches from `start` on, over all epochs; the caller stops. Starting late returns what would
   * have come anyway.
   */
  async *batches(
    start: Position = { epoch: 0, iteration: 0 },
  ): AsyncGenerator<TrainingBatch, void, undefined> {
    for await (const { plan, batch } of rendered(this.plans(start), this.pool, this.options)) {
      const { epoch, iteration } = plan
      yield { ...batch, epoch, iteration }
    }
  }

  /**
   * Takes a batch that is done with, to make a later one in its memory. Its `images` and `masks`
   * are empty from now on. Batches that are not handed back stay as they are.
   */
  reuse({ images, masks }: { images: HostTensor; masks?: HostTensor }): void {
    this.pool.reuse({ pixels: bytesOf(images), cells: bytesOf(masks) })
  }

  /** Ends the worker threads. */
  async close(): Promise<void> {
    await this.pool.close()
  }

  /** What `batches` returns, without the pixels. */
  *plans(start: Position = { epoch: 0, iteration: 0 }): Generator<BatchPlan & Position> {
    const { dataset, batchSize, bucketStep, seed } = this.options
    for (let epoch = start.epoch; ; epoch++) {
      const batches = epochBatches(this.groups, { batchSize, seed, epoch })
      const first = epoch === start.epoch ? start.iteration : 0
      for (let iteration = first; iteration < batches.length; iteration++) {
        const images = batches[iteration].map((index, i) => {
          const random = new Random(seed, 'augment', epoch, iteration * batchSize + i)
          const group = this.members.get(this.groups[index])!
          return augmentImage(dataset.samples, index, this.transforms, { group, random })
        })
        const plan = this.shapePlan
          ? planBatchIn(images, this.shapePlan.shapes)
          : planBatch(images, bucketStep)
        yield { ...plan, epoch, iteration }
      }
    }
  }
}

function bytesOf(tensor: HostTensor | undefined): Uint8Array | undefined {
  return tensor?.data instanceof Uint8Array ? tensor.data : undefined
}

/** The input shapes that limited training chooses. */
function planTraining(options: TrainLoaderOptions): ShapePlan | undefined {
  const { dataset, shapes: count } = options
  if (count === undefined) return undefined
  const { needs, largest } = trainingNeeds(dataset.samples, options)
  return planShapes(needs, { count, largest })
}

export interface EvalOptions extends LoaderOptions {
  /** Limits of the `[long, short]` side, input pixels. */
  testScale: readonly [number, number]
}

/**
 * All images once, in the order of the file; the last batch may be smaller. Its worker threads end
 * with it.
 *
 * @param memory `reuse`: a batch is done with when the next is asked for, and its `images` are
 *   empty from then on: a later one is made in their memory. By default batches stay as they are.
 */
export async function* evalBatches(
  options: EvalOptions,
  { reuse = false }: { reuse?: boolean } = {},
): AsyncGenerator<HostBatch, void, undefined> {
  checkOptions(options)
  checkScale('testScale', options.testScale)
  const pool = new RenderPool(options.workers ?? 1)
  try {
    for await (const { batch } of rendered(evalPlans(options), pool, options)) {
      yield batch
      if (reuse) pool.reuse({ pixels: bytesOf(batch.tensors.images) })
    }
  } finally {
    await pool.close()
  }
}

/**
 * The input shapes of an evaluation, where they are limited; a last batch that is smaller counts as
 * one of them.
 */
export function planEvaluation(options: EvalOptions): ShapePlan | undefined {
  const { batchSize, shapes: count } = options
  if (count === undefined) return undefined
  const batches = [...ownSizedPlans(options)]
  const full = batches.filter(({ images }) => images.length === batchSize)
  const { needs, largest } = evaluationNeeds(full.map(({ size }) => size))
  const left = count - (batches.length - full.length)
  return planShapes(needs, { count: Math.max(1, left), largest })
}

function* evalPlans(options: EvalOptions): Generator<BatchPlan> {
  const plan = planEvaluation(options)
  for (const batch of ownSizedPlans(options)) {
    const isPlanned = plan !== undefined && batch.images.length === options.batchSize
    yield isPlanned ? { ...batch, size: shapeFor(plan.shapes, { ...batch, slots: 0 }).size } : batch
  }
}

/** The batches of an evaluation, padded to multiples of `bucketStep`. */
function* ownSizedPlans({ dataset, batchSize, testScale, bucketStep }: EvalOptions) {
  for (let start = 0; start < dataset.samples.length; start += batchSize) {
    const samples = dataset.samples.slice(start, start + batchSize)
    const images = samples.map((sample) => placeImage(sample, { scale: testScale, flip: false }))
    yield planBatch(images, bucketStep)
  }
}

/** Batches in the order of their plans. */
async function* rendered<Plan extends BatchPlan>(
  plans: Iterable<Plan>,
  pool: RenderPool,
  options: RenderOptions,
): AsyncGenerator<{ plan: Plan; batch: HostBatch }> {
  const requestOf = (plan: Plan) => renderRequest(plan, options)
  for await (const { plan, rendered } of renderedAhead(plans, pool, requestOf)) {
    yield { plan, batch: assembleBatch(plan, rendered.pixels, rendered.masks) }
  }
}

function checkOptions({ batchSize, bucketStep, shapes = 1, workers = 1 }: LoaderOptions): void {
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new ConfigError('batchSize', `is ${batchSize}`, 'give a whole number, at least 1')
  }
  if (!(Number.isInteger(bucketStep / 32) && bucketStep > 0)) {
    throw new ConfigError('bucketStep', `is ${bucketStep}`, 'give a multiple of 32')
  }
  if (!(Number.isInteger(shapes) && shapes > 0)) {
    throw new ConfigError('shapes', `is ${shapes}`, 'give a whole number, at least 1')
  }
  if (!(Number.isInteger(workers) && workers >= 0)) {
    throw new ConfigError('workers', `is ${workers}`, 'give a whole number, at least 0')
  }
}

function checkAugmentation({ scales, flip }: Augmentation): void {
  if (scales.length === 0) {
    throw new ConfigError('scales', 'is empty', 'give a list of [long, short]')
  }
  for (const [i, scale] of scales.entries()) checkScale(`scales[${i}]`, scale)
  if (!(flip >= 0 && flip <= 1)) {
    throw new ConfigError('flip', `is ${flip}`, 'give a probability between 0 and 1')
  }
}

function checkScale(name: string, scale: readonly number[]): void {
  if (scale.length === 2 && scale.every((side) => side >= 1)) return
  const sides = JSON.stringify(scale)
  throw new ConfigError(name, `is ${sides}`, 'give [long, short] in pixels')
}
