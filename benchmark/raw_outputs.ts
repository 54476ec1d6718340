import * as tf from '@tensorflow/tfjs'
import { Backbone } from '../backbones/backbone.js'
import { ResNet } from '../backbones/resnet.js'
import { VanillaNet } from '../backbones/vanillanet.js'
import { MaskRCNN } from '../detectors/mask_rcnn.js'
import { RetinaNet } from '../detectors/retinanet.js'
import type { TensorTree } from '../engine/tensors.js'
import { ConfigError } from '../errors.js'
import type { Module } from '../nn/module.js'

/** RoIs that mmdetection counts the second stage of a detector with: for boxes, and for masks. */
const COUNTED_ROIS = { boxes: 1000, masks: 100 }

/**
 * The network of a model alone: from normalised images `[n, h, w, 3]` to logits and deltas
 * (detectors), logits (classifiers) or feature maps (backbones), with nothing decoded or
 * suppressed. A second stage runs on as many RoIs as mmdetection counts, all with the features of
 * one corner, so that no time goes into finding them.
 */
export function rawOutputs(model: Module): (images: tf.Tensor4D) => TensorTree {
  if (model instanceof RetinaNet) {
    const { backbone, neck, bbox_head } = model
    return (images) => ({ ...bbox_head.forward(neck.forward(backbone.forward(images))) })
  }
  if (model instanceof MaskRCNN) return (images) => maskRcnnOutputs(model, images)
  const classifies =
    (model instanceof VanillaNet && (model.cls1 || model.cls)) ||
    (model instanceof ResNet && model.fc)
  if (classifies) return (images) => model.classify(images)
  if (model instanceof Backbone) return (images) => model.forward(images)
  throw new ConfigError(
    'model.type',
    `is ${model.constructor.name}, whose network is not known here`,
    'count or time a RetinaNet, a MaskRCNN or a Classifier',
  )
}

function maskRcnnOutputs(model: MaskRCNN, images: tf.Tensor4D): TensorTree {
  const { backbone, neck, rpn_head, roi_head } = model
  const features = neck.forward(backbone.forward(images))
  const corners = (count: number, side: number) => {
    const corner = tf.slice(features[0], [0, 0, 0, 0], [1, side, side, -1])
    return tf.tile(corner, [count, 1, 1, 1])
  }
  const { bbox_head, mask_head } = roi_head
  return {
    ...rpn_head.forward(features),
    boxes: { ...bbox_head.forward(corners(COUNTED_ROIS.boxes, bbox_head.roiSize)) },
    masks: mask_head.forward(corners(COUNTED_ROIS.masks, mask_head.roiSize)),
  }
}
