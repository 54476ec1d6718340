import type * as tf from '../tf/tf.js'
import type { BatchNorm } from './batch_norm.js'
import type { Conv2d } from './conv2d.js'
import { deepTraining } from './deep_training.js'
import {
  foldBatchNorm,
  type MatrixProduct,
  type MergedConv,
  mergePointwise,
} from './merge_convolutions.js'
import type { ForwardOptions } from './module.js'

/** A convolution and its norm, under the names `0` and `1`. */
export type ConvNorm = [Conv2d, BatchNorm]

/**
 * What deep training makes of a convolution: two, each with its norm, and between them an
 * activation that fades out as lambda grows. The second one is 1x1 without padding, so that at
 * lambda 1 the pair is one convolution.
 *
 * Source: arXiv:2305.12972.
 *
 * @param x `[n, h, w, in]`.
 * @returns `[n, outHeight, outWidth, out]`.
 */
export function forwardPair(
  x: tf.Tensor4D,
  [first, second]: readonly [ConvNorm, ConvNorm],
  options: ForwardOptions,
): tf.Tensor4D {
  const hidden = deepTraining(normed(x, first, options), options)
  return normed(hidden, second, options)
}

/** The one convolution that a pair is at lambda 1, by the running statistics of its norms. */
export function mergePair(
  [first, second]: readonly [ConvNorm, ConvNorm],
  multiply: MatrixProduct,
): Promise<MergedConv> {
  return mergePointwise(foldBatchNorm(...first), foldBatchNorm(...second), multiply)
}

/** A convolution, then its norm, as two operations. */
export function normed(
  x: tf.Tensor4D,
  [conv, norm]: ConvNorm,
  options: ForwardOptions,
): tf.Tensor4D {
  return norm.forward(conv.forward(x), options)
}
