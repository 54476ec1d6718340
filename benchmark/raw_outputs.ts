import type { TensorTree } from '../engine/tensors.js'
import { ConfigError } from '../errors.js'
import type { Module } from '../nn/module.js'
import type * as tf from '../tf/tf.js'

/**
 * The network of a model alone: from normalised images `[n, h, w, 3]` to logits and deltas
 * (detectors), logits (classifiers) or feature maps (backbones), with nothing decoded or
 * suppressed.
 *
 * @param model has a method `rawOutputs`, as backbones and detectors on feature pyramids do.
 */
export function rawOutputs(model: Module): (images: tf.Tensor4D) => TensorTree {
  if (hasNetwork(model)) return (images) => model.rawOutputs(images)
  throw new ConfigError(
    'the model',
    `is ${model.constructor.name}, whose network is not known here`,
    'count or time a RetinaNet, a MaskRCNN or a Classifier',
  )
}

function hasNetwork(
  model: Module,
): model is Module & { rawOutputs(images: tf.Tensor4D): TensorTree } {
  return 'rawOutputs' in model
}
