import * as tf from '../tf/tf.js'
import { boxMask } from './box_mask.js'

/** How a batch is mixed with itself in reverse order: mixup, CutMix, or not at all. */
export type Mixing = {
  /**
   * `[4]` float32 `x1 y1 x2 y2`, whole input pixels: inside it the partner is shown. Of no size for
   * mixup.
   */
  boxXyxy: tf.Tensor1D
  /** In [0, 1]: share of an image outside the box; 1 for CutMix. */
  pixelShare: tf.Scalar
  /** In [0, 1]: share of an image's own class in its targets. */
  targetShare: tf.Scalar
}

/**
 * Shows each image with its partner, which is the one at its place from the end of the batch.
 *
 * Source: mixup, arXiv:1710.09412; CutMix, arXiv:1905.04899; as timm's `Mixup` in batch mode.
 *
 * @param images `[n, h, w, c]` float32.
 * @returns `[n, h, w, c]`.
 */
export function mixImages(
  images: tf.Tensor4D,
  { boxXyxy, pixelShare }: Pick<Mixing, 'boxXyxy' | 'pixelShare'>,
): tf.Tensor4D {
  const inside = boxMask(tf.reshape(boxXyxy, [1, 4]), images.shape.slice(1, 3)) // [1, h, w, 1]
  const share = tf.mul(tf.sub(1, inside), pixelShare)
  return mix(images, share) as tf.Tensor4D
}

/**
 * Targets of mixed images.
 *
 * @param targets `[n, k]`.
 * @returns `[n, k]`.
 */
export function mixTargets(
  targets: tf.Tensor2D,
  { targetShare }: Pick<Mixing, 'targetShare'>,
): tf.Tensor2D {
  return mix(targets, targetShare) as tf.Tensor2D
}

function mix(values: tf.Tensor, share: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(values, share), tf.mul(tf.reverse(values, 0), tf.sub(1, share)))
}
