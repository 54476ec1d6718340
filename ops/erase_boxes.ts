import * as tf from '../tf/tf.js'
import { boxMask } from './box_mask.js'

/**
 * Random erasing: one box an image shows noise instead.
 *
 * Source: arXiv:1708.04896; as timm's `RandomErasing` of mode `pixel`, but that images of a batch
 * whose boxes overlap show the same noise there.
 *
 * @param images `[n, h, w, c]` float32, normalised.
 * @param boxesXyxy `[n, 4]` float32, as for `boxMask`; of no size where nothing is erased.
 * @param noise `[h, w, c]` float32, standard normal.
 * @returns `[n, h, w, c]`.
 */
export function eraseBoxes(
  images: tf.Tensor4D,
  boxesXyxy: tf.Tensor2D,
  noise: tf.Tensor3D,
): tf.Tensor4D {
  const inside = boxMask(boxesXyxy, images.shape.slice(1, 3)) // [n, h, w, 1]
  return tf.add(tf.mul(images, tf.sub(1, inside)), tf.mul(noise, inside)) as tf.Tensor4D
}
