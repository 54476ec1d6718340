import { normal, xavierUniform } from '../nn/initializers.js'
import { Linear } from '../nn/linear.js'
import { Module } from '../nn/module.js'
import { IGNORED } from '../ops/assign.js'
import { type BoxCoderOptions, decodeBoxes, encodeBoxes } from '../ops/box_coder.js'
import { softmaxCrossEntropy } from '../ops/cross_entropy.js'
import { fullPrecision } from '../ops/full_precision.js'
import { l1Loss } from '../ops/l1_loss.js'
import { oneHot } from '../ops/one_hot.js'
import * as tf from '../tf/tf.js'

export interface BBoxHeadOptions {
  numClasses: number
  /** Channels of the RoIs' features. @default 256 */
  inChannels?: number
  /** Cells along each side of a RoI's features. @default 7 */
  roiSize?: number
  /** Outputs of each of the two shared layers. @default 1024 */
  fcChannels?: number
  /** What deltas are measured in. @default { stds: [0.1, 0.1, 0.2, 0.2] } */
  coder?: BoxCoderOptions
}

/** What the head computes from each RoI. */
export interface BBoxOutputs {
  /** `[r, numClasses + 1]`, background last. */
  classLogits: tf.Tensor2D
  /** `[r, numClasses * 4]`, the class being the slow index. */
  boxDeltas: tf.Tensor2D
}

/** What each of `r` RoIs is, and is to predict; one row for each. */
export interface BBoxTargets {
  /** `[r, 4]`, input pixels. */
  roisXyxy: tf.Tensor2D
  /** `[r]` int32: class, or `BACKGROUND`, or `IGNORED` for a row without loss. */
  labels: tf.Tensor1D
  /** `[r, 4]`, input pixels: box of the object, where the RoI has one. */
  boxesXyxy: tf.Tensor2D
}

/**
 * The class and, for each class, the box of what is in a RoI: two shared layers and two outputs.
 *
 * Source: Fast R-CNN, arXiv:1504.08083, and FPN, arXiv:1612.03144; rules and names as mmdetection
 * 2.x's `Shared2FCBBoxHead`.
 */
export class BBoxHead extends Module {
  readonly shared_fcs: Linear[]
  readonly fc_cls: Linear
  readonly fc_reg: Linear
  readonly numClasses: number
  readonly roiSize: number
  readonly coder: BoxCoderOptions

  constructor(options: BBoxHeadOptions) {
    super()
    const { numClasses, inChannels = 256, roiSize = 7, fcChannels = 1024 } = options
    const linear = (inFeatures: number, outFeatures: number, init = xavierUniform()) =>
      new Linear({ inFeatures, outFeatures, init })
    this.shared_fcs = [
      linear(inChannels * roiSize * roiSize, fcChannels),
      linear(fcChannels, fcChannels),
    ]
    this.fc_cls = linear(fcChannels, numClasses + 1, normal(0.01))
    this.fc_reg = linear(fcChannels, numClasses * 4, normal(0.001))
    this.numClasses = numClasses
    this.roiSize = roiSize
    this.coder = options.coder ?? { stds: [0.1, 0.1, 0.2, 0.2] }
  }

  /** @param roiFeatures `[r, roiSize, roiSize, inChannels]`. */
  override forward(roiFeatures: tf.Tensor4D): BBoxOutputs {
    const planes = tf.transpose(roiFeatures, [0, 3, 1, 2]) // PyTorch's order of weights: c, y, x
    const flat = tf.reshape(planes, [planes.shape[0], -1]) as tf.Tensor2D
    const shared = this.shared_fcs.reduce((x, layer) => tf.relu(layer.forward(x)), flat)
    return {
      classLogits: fullPrecision(this.fc_cls.forward(shared)),
      boxDeltas: fullPrecision(this.fc_reg.forward(shared)),
    }
  }

  /**
   * Cross-entropy of every RoI, and L1 loss over the deltas that a RoI with an object has for its
   * class. Both are divided by the number of all RoIs.
   *
   * @returns the losses, and `acc`, the share of RoIs whose likeliest class is right.
   */
  loss(
    { classLogits, boxDeltas }: BBoxOutputs,
    { roisXyxy, labels, boxesXyxy }: BBoxTargets,
  ): { loss_cls: tf.Scalar; loss_bbox: tf.Scalar; acc: tf.Scalar } {
    const isPositive = tf.greaterEqual(labels, tf.scalar(0, 'int32')) as tf.Tensor1D // [r]
    const isUsed = tf.notEqual(labels, tf.scalar(IGNORED, 'int32'))
    const isCounted = tf.cast(isUsed, 'float32') as tf.Tensor1D
    const count = tf.maximum(tf.sum(isCounted), 1)
    const background: tf.Tensor = tf.scalar(this.numClasses, 'int32')
    const classes = tf.where(isPositive, labels, background) as tf.Tensor1D

    const hasBox = tf.expandDims(isPositive, 1) // [r, 1]
    const unitBox: tf.Tensor = tf.tensor2d([[0, 0, 1, 1]]) // others have sizes without a logarithm
    const rois = tf.where(hasBox, roisXyxy, unitBox) as tf.Tensor2D
    const boxes = tf.where(hasBox, boxesXyxy, unitBox) as tf.Tensor2D
    const boxLoss = l1Loss(
      this.deltasOf(boxDeltas, labels),
      encodeBoxes(rois, boxes, this.coder),
      tf.cast(hasBox, 'float32'),
    )
    const isRight = tf.cast(tf.equal(tf.argMax(classLogits, 1), classes), 'float32')
    return {
      loss_cls: tf.div(softmaxCrossEntropy(classLogits, classes, isCounted), count),
      loss_bbox: tf.div(boxLoss, count),
      acc: tf.div(tf.sum(tf.mul(isRight, isCounted)), count),
    }
  }

  /**
   * What the outputs mean.
   *
   * @param roisXyxy `[r, 4]`.
   * @returns `scores` `[r, numClasses]`, probabilities, which with the background's add up to 1;
   *   `boxesXyxy` `[r, numClasses, 4]`, in the RoIs' pixels, not clipped.
   */
  decode(
    { classLogits, boxDeltas }: BBoxOutputs,
    roisXyxy: tf.Tensor2D,
  ): { scores: tf.Tensor2D; boxesXyxy: tf.Tensor3D } {
    const scores = tf.slice(tf.softmax(classLogits), [0, 0], [-1, this.numClasses])
    const repeated = tf.tile(tf.expandDims(roisXyxy, 1), [1, this.numClasses, 1])
    const boxes = decodeBoxes(
      tf.reshape(boxDeltas, [-1, 4]),
      tf.reshape(repeated, [-1, 4]),
      this.coder,
    )
    return { scores, boxesXyxy: tf.reshape(boxes, [-1, this.numClasses, 4]) }
  }

  /**
   * The deltas for the class of each RoI: `[r, 4]`, 0 without one. Not by gather, whose gradient is
   * slow.
   */
  private deltasOf(boxDeltas: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor {
    const byClass = tf.reshape(boxDeltas, [-1, this.numClasses, 4])
    const isClass = oneHot(labels, this.numClasses) // [r, c]
    return tf.sum(tf.mul(byClass, tf.expandDims(isClass, 2)), 1)
  }
}
