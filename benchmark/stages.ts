import type * as tf from '@tensorflow/tfjs'
import { type Detector, MaskRCNN, RetinaNet } from '../detectors/index.js'
import type { HostTree, RunTree, TensorTree } from '../engine/index.js'
import { ConfigError } from '../errors.js'
import type { PredictOutputs } from '../evaluation/predictor.js'
import type { BenchmarkFrames } from './frames.js'
import { maskRcnnStages } from './mask_rcnn_stages.js'
import { retinaNetStages } from './retinanet_stages.js'

/** The frames of images in a graph; see `PredictBatch`. */
export type FrameTensors = { imageSizes: tf.Tensor; scaleFactors: tf.Tensor }

/** A detector cut in two, so that its parts can be timed apart. */
export interface Stages<
  Rois extends TensorTree = TensorTree,
  Raw extends TensorTree = TensorTree,
  Found extends PredictOutputs = PredictOutputs,
> {
  /** From bytes to what the heads compute; `rois` are what the heads of a second stage look at. */
  network(inputs: { images: tf.Tensor; imageSizes: tf.Tensor; rois: Rois }): Raw
  /** From what the heads computed to detections. */
  postprocess(inputs: { raw: Raw; rois: Rois; frames: FrameTensors }): Found
  /** RoIs to time with. */
  rois: HostTree<Rois>
  /** Outputs to time post-processing with, of the shapes of what the network computed. */
  fixedOutputs(computed: RunTree<Raw>): HostTree<Raw>
  /** Tells apart post-processing that differs in anything but the shapes of its inputs. */
  settings: { numClasses: number } & Record<string, unknown>
}

/** @param seed of what is fixed. */
export function stagesOf(detector: Detector, frames: BenchmarkFrames, seed: number): Stages {
  // A Stages of certain trees is used with those trees only, which the type cannot tell.
  if (detector instanceof RetinaNet) {
    return retinaNetStages(detector, frames, seed) as unknown as Stages
  }
  if (detector instanceof MaskRCNN) {
    return maskRcnnStages(detector, frames, seed) as unknown as Stages
  }
  throw new ConfigError(
    'model.type',
    `is ${detector.constructor.name}, whose stages are not known here`,
    'time a RetinaNet or a MaskRCNN',
  )
}
