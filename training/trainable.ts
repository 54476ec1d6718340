import type { ForwardOptions, Module } from '../nn/module.js'
import type * as tf from '../tf/tf.js'

/** What every batch has; models ask for more, as a detector for boxes. */
export type TrainingTensors = {
  /** `[n, h, w, 3]` int32, RGB 0 to 255. */
  images: tf.Tensor4D
  /** int32, index into the classes: `[n]`, or `[n, g]` where an image has several objects. */
  labels: tf.Tensor
  /** Uniform in [0, 1), of the shapes that `noiseShapes` returns. */
  noise?: Record<string, tf.Tensor>
}

/** Shapes of the images and labels of a batch. */
export interface BatchShapes {
  images: readonly number[]
  labels: readonly number[]
}

/** A model that can be trained: a detector, a classifier, or one of your own. */
export interface Trainable extends Module {
  /**
   * Noise that `loss` takes its random choices from, by name: drawn outside, so that they can be
   * repeated.
   */
  noiseShapes(batch: BatchShapes): Record<string, readonly number[]>

  /**
   * Named losses, each a scalar; the training loss is the sum of those whose name contains `loss`.
   *
   * @param batch with what the model reads beside images and labels, which the loader has to give.
   */
  loss(batch: TrainingTensors, options?: ForwardOptions): Record<string, tf.Scalar>
}
