import type { HostTree, RunTree, TensorTree } from '../engine/tensors.js'
import type * as tf from '../tf/tf.js'
import type { Detections } from './detector.js'

/** The images that a detector is timed with, all of one size. */
export interface TimedImages {
  /** `[height, width]` in the input, without padding, input pixels. */
  size: readonly [number, number]
  /** Images at a time. */
  batch: number
  /** Seed of what is fixed. */
  seed: number
}

/** The frames of images in a graph; see `PredictBatch`. */
export type FrameTensors = { imageSizes: tf.Tensor; scaleFactors: tf.Tensor }

/** A detector cut in two, so that its parts can be timed apart. */
export interface Stages<
  Rois extends TensorTree = TensorTree,
  Raw extends TensorTree = TensorTree,
  Found extends Detections = Detections,
> {
  /**
   * Computes from bytes what the heads compute; `rois` are what the heads of a second stage look
   * at.
   */
  network(inputs: { images: tf.Tensor; imageSizes: tf.Tensor; rois: Rois }): Raw
  /** Turns what the heads computed into detections. */
  postprocess(inputs: { raw: Raw; rois: Rois; frames: FrameTensors }): Found
  /** RoIs to time with. */
  rois: HostTree<Rois>
  /** Outputs to time post-processing with, of the shapes of what the network computed. */
  fixedOutputs(computed: RunTree<Raw>): HostTree<Raw>
  /**
   * Key that distinguishes post-processing that differs in anything but the shapes of its inputs.
   */
  settings: { numClasses: number } & Record<string, unknown>
}
