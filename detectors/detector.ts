import { type ForwardOptions, Module } from '../nn/module.js'
import type * as tf from '../tf/tf.js'

/** One padded batch, as `datasets/` makes it. */
export type TrainBatch = {
  /** `[n, h, w, 3]` int32, RGB 0 to 255, resized, padded at the bottom and right. */
  images: tf.Tensor4D
  /**
   * `[n, 2]` float32: height and width of each image after resizing, before padding, in input
   * pixels.
   */
  imageSizes: tf.Tensor2D
  /** `[n, g, 4]` float32 `x1 y1 x2 y2`, input pixels; rows past an image's objects are zero. */
  boxesXyxy: tf.Tensor3D
  /** `[n, g]` int32, index into the classes; -1 marks padding. */
  labels: tf.Tensor2D
  /**
   * `[n, g, m, m]` int32, 0 to 255: how much of each cell the object covers; the cells divide the
   * object's frame evenly. Given to detectors that ask by `needsMasks`.
   */
  masks?: tf.Tensor4D
  /**
   * `[n, g, 4]` float32 `x1 y1 x2 y2`, input pixels: what `masks` show. Outside an object has no
   * part.
   */
  maskFramesXyxy?: tf.Tensor3D
  /** Uniform in [0, 1), of the shapes that `noiseShapes` returns. */
  noise?: Record<string, tf.Tensor>
}

/** Shapes of the images and labels of a `TrainBatch`. */
export interface TrainBatchShapes {
  images: readonly number[]
  labels: readonly number[]
}

/** Images to detect in. */
export type PredictBatch = {
  /** As in `TrainBatch`. */
  images: tf.Tensor4D
  /** As in `TrainBatch`. */
  imageSizes: tf.Tensor2D
  /**
   * `[n, 4]` float32: x, y, x, y factors from the image on disk to the input; boxes are divided by
   * them.
   */
  scaleFactors: tf.Tensor2D
}

/** A fixed number `k` of detections an image, by descending score. */
export type Detections = {
  /**
   * `[n, k, 4]` `x1 y1 x2 y2`, pixels of the image on disk (of the input where `scaleFactors` are
   * 1).
   */
  boxesXyxy: tf.Tensor3D
  /** `[n, k]`, in (0, 1); 0 where padded. */
  scores: tf.Tensor2D
  /** `[n, k]` int32, index into the classes; -1 where padded. */
  labels: tf.Tensor2D
  /**
   * `[n, k, m, m]`, probability of each cell of a box to be the object's; of detectors that
   * segment.
   */
  masks?: tf.Tensor4D
}

/** A model that can be trained on boxes, and perhaps masks, and asked for them. */
export abstract class Detector extends Module {
  /** True if `loss` reads `masks` and `maskFramesXyxy`. */
  readonly needsMasks: boolean = false

  /**
   * Noise that `loss` takes its random choices from, by name: drawn outside, so that they can be
   * repeated.
   */
  noiseShapes(_batch: TrainBatchShapes): Record<string, readonly number[]> {
    return {}
  }

  /**
   * Named losses, each a scalar; the training loss is the sum of those whose name contains `loss`.
   */
  abstract loss(batch: TrainBatch, options?: ForwardOptions): Record<string, tf.Scalar>

  abstract predict(batch: PredictBatch, options?: ForwardOptions): Detections

  override forward(batch: PredictBatch, options?: ForwardOptions): Detections {
    return this.predict(batch, options)
  }
}

/** True for models that find objects, unlike classifiers. */
export function isDetector(model: unknown): model is Detector {
  return model instanceof Detector
}
