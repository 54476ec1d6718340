import type * as tf from '@tensorflow/tfjs'
import type { Backbone } from '../backbones/backbone.js'
import type { RoIHead } from '../heads/roi_head.js'
import type { RPNHead } from '../heads/rpn_head.js'
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

export interface MaskRCNNOptions {
  backbone: Backbone
  neck: Neck
  rpnHead: RPNHead
  roiHead: RoIHead
  /** Of R, G and B, from 0 to 255. @default [123.675, 116.28, 103.53] */
  pixelMean?: readonly number[]
  /** @default [58.395, 57.12, 57.375] */
  pixelStd?: readonly number[]
}

/**
 * A two-stage detector and segmenter: regions are proposed, then classified, refined and masked one
 * by one.
 *
 * Source: Mask R-CNN, arXiv:1703.06870; rules and names as mmdetection 2.x.
 */
export class MaskRCNN extends Detector {
  override readonly needsMasks = true
  readonly backbone: Backbone
  readonly neck: Neck
  readonly rpn_head: RPNHead
  readonly roi_head: RoIHead
  readonly pixels: PixelStatistics

  constructor({ backbone, neck, rpnHead, roiHead, pixelMean, pixelStd }: MaskRCNNOptions) {
    super()
    this.backbone = backbone
    this.neck = neck
    this.rpn_head = rpnHead
    this.roi_head = roiHead
    const { mean, std } = IMAGENET_PIXELS
    this.pixels = { mean: pixelMean ?? mean, std: pixelStd ?? std }
  }

  /**
   * `rpn`: which anchors are learned from; `roi`: which objects and proposals; and the backbone's.
   */
  override noiseShapes({ images, labels }: TrainBatchShapes): Record<string, readonly number[]> {
    const [imageCount, height, width] = images
    const { strides } = this.rpn_head.anchors
    const anchors = this.rpn_head.anchorCount(
      strides.map((stride) => [Math.ceil(height / stride), Math.ceil(width / stride)]),
    )
    const candidates = labels[1] + this.rpn_head.selection.train.maxPerImage
    return {
      rpn: [imageCount, anchors],
      roi: [imageCount, candidates],
      ...this.backbone.noiseShapes(imageCount),
    }
  }

  override loss(batch: TrainBatch, options: ForwardOptions = {}): Record<string, tf.Scalar> {
    const { imageSizes, boxesXyxy, labels, masks, maskFramesXyxy, noise } = batch
    if (!masks || !maskFramesXyxy || !noise) {
      throw new Error(
        'MaskRCNN.loss: the batch lacks masks, maskFramesXyxy or noise; load it with masks, and draw noise of noiseShapes()',
      )
    }
    const features = this.features(batch, { ...options, noise })
    const outputs = this.rpn_head.forward(features)
    const frames = { imageSizes, paddedSizes: paddedSizes(imageSizes) }
    const targets = { boxesXyxy, labels, paddedSizes: frames.paddedSizes }
    const proposals = this.rpn_head.proposals(outputs, frames, 'train')
    return {
      ...this.rpn_head.loss(outputs, targets, noise.rpn as tf.Tensor2D),
      ...this.roi_head.loss(
        features,
        proposals,
        { boxesXyxy, labels, masks, maskFramesXyxy, canvas: frames.paddedSizes },
        noise.roi as tf.Tensor2D,
      ),
    }
  }

  override predict(batch: PredictBatch, options: ForwardOptions = {}): Detections {
    const { imageSizes, scaleFactors } = batch
    const features = this.features(batch, options)
    const outputs = this.rpn_head.forward(features)
    const frames = { imageSizes, paddedSizes: paddedSizes(imageSizes) }
    const proposals = this.rpn_head.proposals(outputs, frames, 'test')
    return this.roi_head.predict(features, proposals, { imageSizes, scaleFactors })
  }

  private features(
    { images, imageSizes }: Pick<PredictBatch, 'images' | 'imageSizes'>,
    options: ForwardOptions,
  ): tf.Tensor4D[] {
    const normalized = normalizeImages(images, imageSizes, this.pixels)
    return this.neck.forward(this.backbone.forward(normalized, options))
  }
}
