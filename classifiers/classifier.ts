import { type Backbone, type ClassifyingBackbone, isClassifying } from '../backbones/backbone.js'
import { ConfigError } from '../errors.js'
import { type ForwardOptions, Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { eraseBoxes } from '../ops/erase_boxes.js'
import { type Mixing, mixImages, mixTargets } from '../ops/mix_images.js'
import { IMAGENET_PIXELS, type PixelStatistics, scalePixels } from '../ops/normalize_images.js'
import { smoothedTargets, softBinaryCrossEntropy, softCrossEntropy } from '../ops/soft_targets.js'
import * as tf from '../tf/tf.js'

/** Images of classes, as `datasets/` makes them. */
export type ClassifierBatch = {
  /** `[n, h, w, 3]` int32, RGB 0 to 255. */
  images: tf.Tensor4D
  /** `[n]` int32, index into the classes. */
  labels: tf.Tensor1D
  /** Random erasing: `boxesXyxy` `[n, 4]` and `noise` `[h, w, 3]`, as for `eraseBoxes`. */
  erasing?: { boxesXyxy: tf.Tensor2D; noise: tf.Tensor3D }
  /** Mixup or CutMix. */
  mixing?: Mixing
  /** Uniform in [0, 1), of the shapes that `noiseShapes` returns. */
  noise?: Record<string, tf.Tensor>
}

/** Images to classify. */
export type ClassifyBatch = Pick<ClassifierBatch, 'images'>

/** `scores` `[n, numClasses]`, the softmax of the logits. */
export type Classification = { scores: tf.Tensor2D }

const LOSSES = { crossEntropy: softCrossEntropy, binaryCrossEntropy: softBinaryCrossEntropy }

/** Names of the losses. */
export type ClassifierLoss = keyof typeof LOSSES

export const classifierLosses = Object.keys(LOSSES) as ClassifierLoss[]

export interface ClassifierOptions {
  /** Has a classifier: it was built with `numClasses`. */
  backbone: Backbone
  /**
   * `crossEntropy` of the softmax, or `binaryCrossEntropy` of every class against the same targets.
   *
   * @default 'crossEntropy'
   */
  loss?: ClassifierLoss
  /** Share of the targets that all classes have equally, in [0, 1). @default 0 */
  labelSmoothing?: number
  /** Mean of R, G and B, from 0 to 255. @default [123.675, 116.28, 103.53] */
  pixelMean?: readonly number[]
  /** @default [58.395, 57.12, 57.375] */
  pixelStd?: readonly number[]
}

/**
 * A backbone with its classifier, and its loss. Its parameters have the backbone's own names, so
 * that its checkpoints are those of the original, and a detector's backbone starts from them.
 */
export class Classifier extends Module {
  backbone: Backbone
  readonly numClasses: number
  readonly pixels: PixelStatistics
  /** Input pixels that a cell of `features` stands for, on a side. */
  readonly stride: number
  /** The loss of logits `[n, numClasses]` and targets of the same shape, whose rows sum to 1. */
  readonly lossOf: (logits: tf.Tensor2D, targets: tf.Tensor2D) => tf.Scalar
  private readonly labelSmoothing: number

  constructor(options: ClassifierOptions) {
    super()
    const { backbone, loss = 'crossEntropy', labelSmoothing = 0, pixelMean, pixelStd } = options
    this.backbone = backbone
    const { numClasses, lastStride } = classifierOf(backbone)
    this.numClasses = numClasses!
    this.stride = lastStride
    this.pixels = {
      mean: pixelMean ?? IMAGENET_PIXELS.mean,
      std: pixelStd ?? IMAGENET_PIXELS.std,
    }
    this.lossOf = LOSSES[loss]
    this.labelSmoothing = labelSmoothing
  }

  override namedParameters(): [name: string, parameter: Parameter][] {
    return this.backbone.namedParameters()
  }

  noiseShapes({ images }: { images: readonly number[] }): Record<string, readonly number[]> {
    return this.backbone.noiseShapes(images[0])
  }

  loss(batch: ClassifierBatch, options: ForwardOptions = {}): Record<string, tf.Scalar> {
    const { input, targets } = this.learningInput(batch)
    const logits = this.rawOutputs(input, { ...options, noise: batch.noise })
    return { loss: this.lossOf(logits, targets) }
  }

  /**
   * What a batch is to the network while it learns. Images are erased first and mixed then, as timm
   * does.
   *
   * @returns `input` `[n, h, w, 3]`, normalised RGB; `targets` `[n, numClasses]`.
   */
  learningInput(batch: ClassifierBatch): { input: tf.Tensor4D; targets: tf.Tensor2D } {
    const { images, labels, erasing, mixing } = batch
    let x = scalePixels(images, this.pixels)
    let targets = smoothedTargets(labels, this.numClasses, this.labelSmoothing)
    if (erasing) x = eraseBoxes(x, erasing.boxesXyxy, erasing.noise)
    if (mixing) {
      x = mixImages(x, mixing)
      targets = mixTargets(targets, mixing)
    }
    return { input: x, targets }
  }

  predict({ images }: ClassifyBatch, options: ForwardOptions = {}): Classification {
    const x = scalePixels(images, this.pixels)
    return { scores: tf.softmax(classifierOf(this.backbone).classify(x, options)) }
  }

  /** What the classifier reads of bytes, `[n, h / stride, w / stride, channels]`. */
  features({ images }: ClassifyBatch, options?: ForwardOptions): tf.Tensor4D {
    return classifierOf(this.backbone).lastFeatures(scalePixels(images, this.pixels), options)
  }

  /**
   * How much speaks for a class in an image: its logit, whose gradient an activation map shows.
   *
   * @param features of one image, as `features` returns them.
   * @param classMask `[numClasses]`, 1 for the class that is asked for, else 0.
   */
  classEvidence(
    features: tf.Tensor4D,
    classMask: tf.Tensor1D,
    options?: ForwardOptions,
  ): tf.Scalar {
    const logits = classifierOf(this.backbone).logits(features, options)
    return tf.sum(tf.mul(logits, classMask))
  }

  override forward(batch: ClassifyBatch, options?: ForwardOptions): Classification {
    return this.predict(batch, options)
  }

  /**
   * The network alone.
   *
   * @param images `[n, h, w, 3]`, normalised RGB.
   * @returns logits `[n, numClasses]`.
   */
  rawOutputs(images: tf.Tensor4D, options?: ForwardOptions): tf.Tensor2D {
    return classifierOf(this.backbone).classify(images, options)
  }
}

/** True for models that classify whole images. */
export function isClassifier(model: unknown): model is Classifier {
  return model instanceof Classifier
}

/** @throws ConfigError for a backbone without a classifier. */
function classifierOf(backbone: Backbone): ClassifyingBackbone {
  if (isClassifying(backbone)) return backbone
  throw new ConfigError(
    'backbone',
    `is ${backbone.constructor.name}, which has no classifier here`,
    'use a VanillaNet, a ResNet or an AlexNet, or make a detector of it',
  )
}
