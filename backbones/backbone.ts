import type { MatrixProduct } from '../nn/merge_convolutions.js'
import { type ForwardOptions, Module } from '../nn/module.js'
import type * as tf from '../tf/tf.js'

/** Images to feature maps, shallow to deep. */
export abstract class Backbone extends Module {
  /** Channels of each feature map. */
  abstract readonly outChannels: readonly number[]
  /** Input pixels a cell of each feature map stands for, on a side. */
  abstract readonly strides: readonly number[]

  /**
   * Noise that `forward` takes its random choices from while training, by name: `options.noise`.
   */
  noiseShapes(_imageCount: number): Record<string, readonly number[]> {
    return {}
  }

  /**
   * @param images `[n, h, w, 3]`, normalised RGB.
   * @returns one `[n, h / stride, w / stride, channels]` for each of `outChannels`.
   */
  abstract override forward(images: tf.Tensor4D, options?: ForwardOptions): tf.Tensor4D[]

  /** What is counted: the feature maps, or the logits of a backbone that has a classifier. */
  rawOutputs(images: tf.Tensor4D): tf.Tensor4D[] | tf.Tensor2D {
    return this.forward(images)
  }
}

/** True for what is a backbone itself. */
export function isBackbone(value: unknown): value is Backbone {
  return value instanceof Backbone
}

/** A backbone that may have a classifier: it does where `numClasses` is set. */
export interface ClassifyingBackbone extends Backbone {
  readonly numClasses: number | undefined
  /** Input pixels that a cell of `lastFeatures` stands for, on a side. */
  readonly lastStride: number
  /**
   * @param images as for `forward`.
   * @returns logits `[n, numClasses]`: `logits` of `lastFeatures`.
   * @throws without `numClasses`.
   */
  classify(images: tf.Tensor4D, options?: ForwardOptions): tf.Tensor2D
  /**
   * What the classifier reads: the output of the last stage, whether `forward` returns it or not.
   *
   * @param images as for `forward`.
   * @returns `[n, h / lastStride, w / lastStride, channels]`.
   */
  lastFeatures(images: tf.Tensor4D, options?: ForwardOptions): tf.Tensor4D
  /**
   * @param features as `lastFeatures` returns them.
   * @returns `[n, numClasses]`.
   * @throws without `numClasses`.
   */
  logits(features: tf.Tensor4D, options?: ForwardOptions): tf.Tensor2D
}

/** True for a backbone that has a classifier. */
export function isClassifying(
  backbone: Backbone,
): backbone is ClassifyingBackbone & { readonly numClasses: number } {
  return 'classify' in backbone && (backbone as ClassifyingBackbone).numClasses !== undefined
}

/**
 * A backbone that is trained in one form and run in another, smaller one that computes the same.
 */
export interface MergeableBackbone extends Backbone {
  readonly form: 'train' | 'deploy'
  /**
   * A new backbone in deploy form with the merged weights of this one, which must be in training
   * form.
   */
  reparameterized(multiply: MatrixProduct): Promise<MergeableBackbone>
}

/** True for a backbone that has two forms; one that may have them sets `form` where it does. */
export function isMergeable(backbone: Backbone): backbone is MergeableBackbone {
  return 'reparameterized' in backbone && (backbone as MergeableBackbone).form !== undefined
}
