import type { Backbone } from '../backbones/backbone.js'
import type { TensorTree } from '../engine/tensors.js'
import type { Neck } from '../necks/neck.js'
import type { ForwardOptions } from '../nn/module.js'
import { IMAGENET_PIXELS, normalizeImages, type PixelStatistics } from '../ops/normalize_images.js'
import type * as tf from '../tf/tf.js'
import { Detector, type PredictBatch } from './detector.js'

import type { Stages, TimedImages } from './stages.js'

export interface PyramidOptions {
  backbone: Backbone
  neck: Neck
  /** Mean of R, G and B, from 0 to 255. @default [123.675, 116.28, 103.53] */
  pixelMean?: readonly number[]
  /** @default [58.395, 57.12, 57.375] */
  pixelStd?: readonly number[]
}

/**
 * A detector on a feature pyramid: what it adds to the backbone and the neck are its heads, and
 * what commands other than training ask of them.
 */
export abstract class PyramidDetector extends Detector {
  readonly backbone: Backbone
  readonly neck: Neck
  readonly pixels: PixelStatistics

  constructor({ backbone, neck, pixelMean, pixelStd }: PyramidOptions) {
    super()
    this.backbone = backbone
    this.neck = neck
    const { mean, std } = IMAGENET_PIXELS
    this.pixels = { mean: pixelMean ?? mean, std: pixelStd ?? std }
  }

  /**
   * The network alone, with nothing decoded or suppressed: what is counted.
   *
   * @param images `[n, h, w, 3]`, normalised RGB.
   */
  abstract rawOutputs(images: tf.Tensor4D): TensorTree

  /**
   * How much speaks for a class in an image: the one number whose gradient an activation map shows.
   *
   * @param levels of the neck, of one image.
   * @param imageSizes `[1, 2]`, height and width without padding, input pixels.
   * @param classMask `[numClasses]`, 1 for the class that is asked for, else 0.
   */
  abstract classEvidence(
    levels: tf.Tensor4D[],
    imageSizes: tf.Tensor2D,
    classMask: tf.Tensor1D,
  ): tf.Scalar

  /** The network and its post-processing apart, as they are timed. */
  abstract stages(images: TimedImages): Stages

  /** Feature maps of the neck, of bytes. */
  features(
    { images, imageSizes }: Pick<PredictBatch, 'images' | 'imageSizes'>,
    options?: ForwardOptions,
  ): tf.Tensor4D[] {
    const normalized = normalizeImages(images, imageSizes, this.pixels)
    return this.neck.forward(this.backbone.forward(normalized, options))
  }
}

/** True for detectors of which more is known than how to train them and what they find. */
export function isPyramidDetector(detector: Detector): detector is PyramidDetector {
  return detector instanceof PyramidDetector
}
