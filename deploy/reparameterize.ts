import { type Backbone, isClassifying, isMergeable } from '../backbones/backbone.js'
import { compile } from '../engine/compile.js'
import { ConfigError, DataError } from '../errors.js'
import { floats, type HostTensor, sizeOf } from '../host_tensor.js'
import type { MatrixProduct } from '../nn/merge_convolutions.js'
import { functionalCall } from '../nn/module.js'
import { Random } from '../random/random.js'
import * as tf from '../tf/tf.js'

/** Largest difference between the two forms, relative to a feature map's largest value. */
export const MERGE_BOUND = 1e-4

export interface MergeOptions {
  /** Slope of the activation between paired convolutions at the end of training. @default 1 */
  lambda?: number
  /**
   * Number of the first epoch, from 1, whose checkpoint has lambda 1; for the message where this
   * one has not.
   */
  mergesFrom?: number
  /** Seed of the random image that both forms are compared on. @default 0 */
  seed?: number
  /** Height and width of that image. @default [128, 160] */
  imageSize?: [height: number, width: number]
}

/** How far the two forms are apart at one feature map, or at the logits of a classifier. */
export interface TapDifference {
  /** Of a feature map. */
  stride?: number
  channels: number
  /** `max |deploy - train|`. */
  largestDifference: number
  /** `max |train|`. */
  largestValue: number
  /** `largestDifference / largestValue`. */
  relative: number
}

/** A merged backbone, and how far it is from the one it came from. */
export interface Merged {
  backbone: Backbone
  /** One for each feature map, or one for the logits. */
  differences: TapDifference[]
  /** The largest `relative` of all feature maps, at most `MERGE_BOUND`. */
  worst: number
}

/**
 * Merges the backbone of `model` in place, with the check of `mergeBackbone`; `model` is left as it
 * was when that refuses.
 */
export async function reparameterize(
  model: { backbone: Backbone },
  options: MergeOptions = {},
): Promise<Merged> {
  const merged = await mergeBackbone(model.backbone, options)
  model.backbone = merged.backbone
  return merged
}

/**
 * Merges a backbone into its deploy form, and compares both on a random image.
 *
 * @throws ConfigError when it has no deploy form, is in it already, or lambda is not 1.
 * @throws DataError when the forms differ by more than `MERGE_BOUND`.
 */
export async function mergeBackbone(
  backbone: Backbone,
  options: MergeOptions = {},
): Promise<Merged> {
  const { lambda = 1, mergesFrom, seed = 0, imageSize = [128, 160] } = options
  const name = backbone.constructor.name
  if (!isMergeable(backbone)) {
    throw new ConfigError(
      'model.backbone',
      `is ${name}, which has no deploy form`,
      'use its weights as they are',
    )
  }
  if (backbone.form === 'deploy') {
    throw new ConfigError(
      'model.backbone',
      'is in deploy form already',
      'give the checkpoint of the training form',
    )
  }
  if (lambda !== 1) {
    throw new ConfigError(
      'lambda',
      `is ${lambda}, and paired convolutions merge at 1 only`,
      mergesFrom === undefined
        ? 'train on until the deep-training schedule has ended'
        : `train on: the checkpoint of epoch ${mergesFrom} is the first that can be merged`,
    )
  }

  const merged = await backbone.reparameterized(matrixProduct)
  const image = randomImage(imageSize, seed)
  const before = await featuresOf(backbone, image)
  const after = await featuresOf(merged, image)
  const isClassified = isClassifying(backbone)
  const differences = before.map((train, i) => ({
    ...(!isClassified && { stride: backbone.strides[i] }),
    channels: train.shape[train.shape.length - 1],
    ...difference(train.data, after[i].data),
  }))
  for (const { stride, relative } of differences) {
    if (relative <= MERGE_BOUND) continue // written so that NaN does not pass
    throw new DataError(
      'reparameterize',
      `the deploy form differs by ${relative.toExponential(1)} of the largest value at ${stride === undefined ? 'the logits' : `stride ${stride}`}, ` +
        `above the bound of ${MERGE_BOUND.toExponential(0)}`,
      'look for NaN or for running variances near 0 in the checkpoint',
    )
  }
  return {
    backbone: merged,
    differences,
    worst: Math.max(...differences.map(({ relative }) => relative)),
  }
}

/**
 * A matrix product in float32, on the engine: merging VanillaNet-13 takes 1.4e11 products, two
 * minutes in plain JavaScript, and its forward pass rounds no less.
 */
export const matrixProduct: MatrixProduct = async (a, b, { m, k, n }) => {
  const multiply = compile(
    ({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ product: tf.matMul(a, b) }),
    { name: 'mergePointwise' },
  )
  const { product } = await multiply.run({ a: floats(a, [m, k]), b: floats(b, [k, n]) })
  await multiply.dispose()
  return Float64Array.from(product.data)
}

/** Feature maps, or the logits of a backbone with a classifier. */
async function featuresOf(backbone: Backbone, image: HostTensor): Promise<HostTensor[]> {
  const named = backbone.namedParameters()
  const state = Object.fromEntries(named.map(([name, p]) => [name, floats(p.data, p.shape)]))
  const forward = compile(
    ({ state, image }: { state: Record<string, tf.Tensor>; image: tf.Tensor }) =>
      functionalCall(backbone, state, () => {
        const outputs = backbone.rawOutputs(image as tf.Tensor4D)
        return Array.isArray(outputs) ? outputs : [outputs]
      }).result,
    { name: `${backbone.constructor.name}.forward` },
  )
  const features = await forward.run({ state, image })
  await forward.dispose()
  return features
}

/** `[1, h, w, 3]`, standard normal, as if normalised. */
function randomImage([height, width]: [number, number], seed: number): HostTensor {
  const random = new Random(seed, 'reparameterize')
  const shape = [1, height, width, 3]
  return floats(
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  )
}

function difference(expected: ArrayLike<number>, actual: ArrayLike<number>) {
  let largestDifference = 0
  let largestValue = 0
  for (let i = 0; i < expected.length; i++) {
    largestDifference = Math.max(largestDifference, Math.abs(actual[i] - expected[i]))
    largestValue = Math.max(largestValue, Math.abs(expected[i]))
  }
  const relative = largestDifference === 0 ? 0 : largestDifference / largestValue
  return { largestDifference, largestValue, relative }
}
