import type { TensorTree } from '../engine/tensors.js'
import type { RoIHead } from '../heads/roi_head.js'
import type { RPNHead } from '../heads/rpn_head.js'
import type { ForwardOptions } from '../nn/module.js'
import { largestThatCounts, logitsOfClass } from '../ops/class_evidence.js'
import * as tf from '../tf/tf.js'
import type { Detections, PredictBatch, TrainBatch, TrainBatchShapes } from './detector.js'
import { paddedSizes } from './input_frames.js'
import { maskRcnnStages } from './mask_rcnn_stages.js'
import { PyramidDetector, type PyramidOptions } from './pyramid_detector.js'
import type { Stages, TimedImages } from './stages.js'

/** RoIs that mmdetection counts the second stage of a detector with: for boxes, and for masks. */
const COUNTED_ROIS = { boxes: 1000, masks: 100 }

export interface MaskRCNNOptions extends PyramidOptions {
  rpnHead: RPNHead
  roiHead: RoIHead
}

/**
 * A two-stage detector and segmenter: regions are proposed, then classified, refined and masked one
 * by one.
 *
 * Source: Mask R-CNN, arXiv:1703.06870; rules and names as mmdetection 2.x.
 */
export class MaskRCNN extends PyramidDetector {
  override readonly needsMasks = true
  readonly rpn_head: RPNHead
  readonly roi_head: RoIHead

  constructor({ rpnHead, roiHead, ...pyramid }: MaskRCNNOptions) {
    super(pyramid)
    this.rpn_head = rpnHead
    this.roi_head = roiHead
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

  /**
   * Raw outputs, the second stage on the features of one corner, so that no time goes into finding
   * RoIs.
   */
  override rawOutputs(images: tf.Tensor4D): TensorTree {
    const features = this.neck.forward(this.backbone.forward(images))
    const corners = (count: number, side: number) => {
      const corner = tf.slice(features[0], [0, 0, 0, 0], [1, side, side, -1])
      return tf.tile(corner, [count, 1, 1, 1])
    }
    const { bbox_head, mask_head } = this.roi_head
    return {
      ...this.rpn_head.forward(features),
      boxes: { ...bbox_head.forward(corners(COUNTED_ROIS.boxes, bbox_head.roiSize)) },
      masks: mask_head.forward(corners(COUNTED_ROIS.masks, mask_head.roiSize)),
    }
  }

  /** The largest lead of the class's logit over the background's in any proposal. */
  override classEvidence(
    levels: tf.Tensor4D[],
    imageSizes: tf.Tensor2D,
    classMask: tf.Tensor1D,
  ): tf.Scalar {
    const frames = { imageSizes, paddedSizes: paddedSizes(imageSizes) }
    const outputs = this.rpn_head.forward(levels)
    const { boxesXyxy, scores } = this.rpn_head.proposals(outputs, frames, 'test')
    const { classLogits } = this.roi_head.forward(levels, boxesXyxy) // [r, classes + 1]
    const numClasses = classMask.shape[0]
    const background = tf.reshape(tf.slice(classLogits, [0, numClasses], [-1, 1]), [-1])
    const ofClass = logitsOfClass(tf.slice(classLogits, [0, 0], [-1, numClasses]), classMask)
    return largestThatCounts(tf.sub(ofClass, background), tf.greater(scores, 0))
  }

  override stages(images: TimedImages): Stages {
    // A `Stages` of certain trees is used with those trees only, which its type cannot express.
    return maskRcnnStages(this, images) as unknown as Stages
  }
}
