import type * as tf from '@tensorflow/tfjs'
import type { Backbone } from '../backbones/backbone.js'
import type { RetinaHead, RetinaOutputs } from '../heads/retina_head.js'
import type { Neck } from '../necks/neck.js'
import type { ForwardOptions } from '../nn/module.js'
import { normalizeImages, type PixelStatistics } from '../ops/normalize_images.js'
import {
  type Detections,
  Detector,
  type PredictBatch,
  type TrainBatch,
  type TrainBatchShapes,
} from './detector.js'
import { IMAGENET_PIXELS, paddedSizes } from './input_frames.js'

export interface RetinaNetOptions {
  backbone: Backbone
  neck: Neck
  head: RetinaHead
  /** Of R, G and B, from 0 to 255. @default [123.675, 116.28, 103.53] */
  pixelMean?: readonly number[]
  /** @default [58.395, 57.12, 57.375] */
  pixelStd?: readonly number[]
}

/**
 * A one-stage detector: classes and boxes straight from the anchors of a feature pyramid.
 *
 * Source: Focal Loss for Dense Object Detection, arXiv:1708.02002; rules and names as mmdetection
 * 2.x.
 */
export class RetinaNet extends Detector {
  readonly backbone: Backbone
  readonly neck: Neck
  readonly bbox_head: RetinaHead
  readonly pixels: PixelStatistics

  constructor({ backbone, neck, head, pixelMean, pixelStd }: RetinaNetOptions) {
    super()
    this.backbone = backbone
    this.neck = neck
    this.bbox_head = head
    const { mean, std } = IMAGENET_PIXELS
    this.pixels = { mean: pixelMean ?? mean, std: pixelStd ?? std }
  }

  override noiseShapes({ images }: TrainBatchShapes): Record<string, readonly number[]> {
    return this.backbone.noiseShapes(images[0])
  }

  override loss(
    batch: TrainBatch,
    options: ForwardOptions = {},
  ): { loss_cls: tf.Scalar; loss_bbox: tf.Scalar } {
    const { boxesXyxy, labels, imageSizes, noise } = batch
    const outputs = this.outputs(batch, { ...options, noise })
    return this.bbox_head.loss(outputs, { boxesXyxy, labels, paddedSizes: paddedSizes(imageSizes) })
  }

  override predict(batch: PredictBatch, options: ForwardOptions = {}): Detections {
    const outputs = this.outputs(batch, options)
    const { imageSizes, scaleFactors } = batch
    const frames = { imageSizes, paddedSizes: paddedSizes(imageSizes), scaleFactors }
    return this.bbox_head.predict(outputs, frames)
  }

  private outputs(
    { images, imageSizes }: Pick<PredictBatch, 'images' | 'imageSizes'>,
    options: ForwardOptions,
  ): RetinaOutputs {
    const features = this.backbone.forward(
      normalizeImages(images, imageSizes, this.pixels),
      options,
    )
    return this.bbox_head.forward(this.neck.forward(features))
  }
}
