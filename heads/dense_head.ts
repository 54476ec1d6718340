import type { HostTree, RunTree, TensorTree } from '../engine/tensors.js'
import { Module } from '../nn/module.js'
import type * as tf from '../tf/tf.js'
import type { SceneObject } from './scene/scene_objects.js'

/** Ground truth, padded to `g` objects an image. */
export interface DenseTargets {
  /** `[n, g, 4]`, input pixels. */
  boxesXyxy: tf.Tensor3D
  /** `[n, g]` int32, -1 where padded. */
  labels: tf.Tensor2D
  /**
   * `[n, 2]`, height and width of each image with its own padding: cells centred past them are
   * unused.
   */
  paddedSizes: tf.Tensor2D
}

/** The frames of the images to detect in, all `[n, ...]`. */
export interface DenseFrames {
  /** `[n, 2]`, height and width without padding: boxes are clipped to them. */
  imageSizes: tf.Tensor2D
  /** Sizes as in `DenseTargets`. */
  paddedSizes: tf.Tensor2D
  /** `[n, 4]`, boxes are divided by them. */
  scaleFactors: tf.Tensor2D
}

/** Detections as `Detections` of `detectors/`, without masks. */
export interface DenseDetections {
  /** `[n, k, 4]` `x1 y1 x2 y2`, pixels of the image on disk. */
  boxesXyxy: tf.Tensor3D
  /** `[n, k]`, descending; 0 where padded. */
  scores: tf.Tensor2D
  /** `[n, k]` int32, index into the classes; -1 where padded. */
  labels: tf.Tensor2D
}

/**
 * A head that predicts classes and boxes in every cell of a feature pyramid, with anchors or
 * without.
 */
export abstract class DenseHead<Outputs extends TensorTree = TensorTree> extends Module {
  abstract readonly numClasses: number
  /** What post-processing depends on beside the shapes of its inputs, such as thresholds. */
  abstract readonly settings: Record<string, unknown>

  /**
   * @param features `[n, h, w, c]` each, fine to coarse, as the neck returns them.
   * @returns raw outputs: nothing decoded, nothing suppressed.
   */
  abstract override forward(features: tf.Tensor4D[]): Outputs

  /** Named losses, each a scalar; those whose name contains `loss` are trained on. */
  abstract loss(outputs: Outputs, targets: DenseTargets): Record<string, tf.Scalar>

  /** The detections of each image, by descending score. */
  abstract predict(outputs: Outputs, frames: DenseFrames): DenseDetections

  /**
   * The largest logit of one class in any cell of an image.
   *
   * @param outputs of one image.
   * @param paddedSizes as in `DenseTargets`.
   * @param classMask `[numClasses]`, 1 for the class that is asked for, else 0.
   */
  abstract classEvidence(
    outputs: Outputs,
    paddedSizes: tf.Tensor2D,
    classMask: tf.Tensor1D,
  ): tf.Scalar

  /**
   * What a trained head may return for images of a scene: post-processing is timed with it, since
   * without weights that are trained it would have nothing to do.
   *
   * @param computed what the network computed, whose shapes the outputs take, of `batch` images.
   * @param seed of what is random.
   */
  abstract sceneOutputs(
    objects: readonly SceneObject[],
    computed: RunTree<Outputs>,
    options: { batch: number; seed: number },
  ): HostTree<Outputs>
}
