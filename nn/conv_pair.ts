import type * as tf from '../tf/tf.js'
import { BatchNorm } from './batch_norm.js'
import { Conv2d, type Conv2dOptions } from './conv2d.js'
import { deepTraining } from './deep_training.js'
import {
  assignMerged,
  foldBatchNorm,
  type MatrixProduct,
  type MergedConv,
  mergePointwise,
} from './merge_convolutions.js'
import { type ForwardOptions, Module } from './module.js'
import type { Initializer } from './parameter.js'

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

export interface ConvPairOptions extends Conv2dOptions {
  /** Initial scale of the second norm. @default ones() */
  normInit?: Initializer
  /** The norms use their running statistics in training too. @default false */
  normEval?: boolean
}

/**
 * A pair in the place of one convolution: the first is that one with a norm, the second maps its
 * channels to as many.
 */
export class ConvPair extends Module {
  readonly conv1: ConvNorm
  readonly conv2: ConvNorm

  /** @param options of the convolution that the pair is merged into. */
  constructor({ normInit, normEval: frozen, ...conv }: ConvPairOptions) {
    super()
    const { outChannels: channels, bias, init, biasInit, trainable } = conv
    const mix = { inChannels: channels, outChannels: channels, kernelSize: 1 }
    const norm = { channels, eps: 1e-6, frozen, trainable }
    this.conv1 = [new Conv2d(conv), new BatchNorm(norm)]
    this.conv2 = [
      new Conv2d({ ...mix, bias, init, biasInit, trainable }),
      new BatchNorm({ ...norm, init: normInit }),
    ]
  }

  /** As `forwardPair`. */
  override forward(x: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D {
    return forwardPair(x, [this.conv1, this.conv2], options)
  }

  /** Gives `deploy` what the pair is at lambda 1. */
  async mergeInto(deploy: Conv2d, multiply: MatrixProduct): Promise<void> {
    assignMerged(deploy, await mergePair([this.conv1, this.conv2], multiply))
  }
}
