import type { TensorTree } from '../engine/tensors.js'
import type { DenseHead } from '../heads/dense_head.js'
import type { RetinaHead } from '../heads/retina_head.js'
import type { ForwardOptions } from '../nn/module.js'
import type * as tf from '../tf/tf.js'
import type { Detections, PredictBatch, TrainBatch, TrainBatchShapes } from './detector.js'
import { paddedSizes } from './input_frames.js'
import { PyramidDetector, type PyramidOptions } from './pyramid_detector.js'
import { retinaNetStages } from './retinanet_stages.js'
import type { Stages, TimedImages } from './stages.js'

export interface RetinaNetOptions<Head extends DenseHead = RetinaHead> extends PyramidOptions {
  head: Head
}

/**
 * A one-stage detector: classes and boxes straight from the cells of a feature pyramid.
 *
 * Source: Focal Loss for Dense Object Detection, arXiv:1708.02002; rules and names as mmdetection
 * 2.x.
 */
export class RetinaNet<Head extends DenseHead = RetinaHead> extends PyramidDetector {
  readonly bbox_head: Head

  constructor({ head, ...pyramid }: RetinaNetOptions<Head>) {
    super(pyramid)
    this.bbox_head = head
  }

  override noiseShapes({ images }: TrainBatchShapes): Record<string, readonly number[]> {
    return this.backbone.noiseShapes(images[0])
  }

  override loss(batch: TrainBatch, options: ForwardOptions = {}): Record<string, tf.Scalar> {
    const { boxesXyxy, labels, imageSizes, noise } = batch
    const outputs = this.bbox_head.forward(this.features(batch, { ...options, noise }))
    return this.bbox_head.loss(outputs, { boxesXyxy, labels, paddedSizes: paddedSizes(imageSizes) })
  }

  override predict(batch: PredictBatch, options: ForwardOptions = {}): Detections {
    const outputs = this.bbox_head.forward(this.features(batch, options))
    const { imageSizes, scaleFactors } = batch
    const frames = { imageSizes, paddedSizes: paddedSizes(imageSizes), scaleFactors }
    return this.bbox_head.predict(outputs, frames)
  }

  override rawOutputs(images: tf.Tensor4D): TensorTree {
    return this.bbox_head.forward(this.neck.forward(this.backbone.forward(images)))
  }

  override classEvidence(
    levels: tf.Tensor4D[],
    imageSizes: tf.Tensor2D,
    classMask: tf.Tensor1D,
  ): tf.Scalar {
    const outputs = this.bbox_head.forward(levels)
    return this.bbox_head.classEvidence(outputs, paddedSizes(imageSizes), classMask)
  }

  override stages(images: TimedImages): Stages {
    return retinaNetStages(this, images)
  }
}
