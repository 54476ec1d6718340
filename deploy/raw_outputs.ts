import type * as tf from '@tensorflow/tfjs'
import { Backbone, VanillaNet } from '../backbones/index.js'
import { RetinaNet } from '../detectors/index.js'
import type { TensorTree } from '../engine/index.js'
import { ConfigError } from '../errors.js'
import type { Module } from '../nn/index.js'

/**
 * The network of a model alone: from normalised images `[n, h, w, 3]` to logits and deltas (detectors),
 * logits (classifiers) or feature maps (backbones), with nothing decoded or suppressed.
 */
export function rawOutputs(model: Module): (images: tf.Tensor4D) => TensorTree {
  if (model instanceof RetinaNet) {
    const { backbone, neck, bbox_head } = model
    return (images) => ({ ...bbox_head.forward(neck.forward(backbone.forward(images))) })
  }
  if (model instanceof VanillaNet && (model.cls1 || model.cls)) {
    return (images) => model.classify(images)
  }
  if (model instanceof Backbone) return (images) => model.forward(images)
  throw new ConfigError(
    'model.type',
    `is ${model.constructor.name}, whose network is not known here`,
    'add it to deploy/raw_outputs.ts',
  )
}
