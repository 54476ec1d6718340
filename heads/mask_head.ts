import { ConvTranspose2d, joinPatches } from '../nn/conv_transpose2d.js'
import { Conv2d } from '../nn/conv2d.js'
import { kaimingNormalFanOut } from '../nn/initializers.js'
import { Module } from '../nn/module.js'
import { binaryCrossEntropy } from '../ops/binary_cross_entropy.js'
import { fullPrecision } from '../ops/full_precision.js'
import { oneHot } from '../ops/one_hot.js'
import * as tf from '../tf/tf.js'

/** Pixels that the transposed convolution makes of one, along each side. */
const UPSAMPLING = 2

export interface MaskHeadOptions {
  numClasses: number
  /** Channels of the RoIs' features. @default 256 */
  inChannels?: number
  /** Cells along each side of a RoI's features; a mask has twice as many. @default 14 */
  roiSize?: number
  /** 3x3 convolutions. @default 4 */
  numConvs?: number
  /** Channels inside the head. @default 256 */
  convChannels?: number
}

/**
 * A mask for each class of what is in a RoI, at twice the resolution of the RoI's features.
 *
 * Source: Mask R-CNN, arXiv:1703.06870; rules and names as mmdetection 2.x's `FCNMaskHead`.
 */
export class MaskHead extends Module {
  readonly convs: ConvModule[]
  readonly upsample: ConvTranspose2d
  readonly conv_logits: Conv2d
  readonly numClasses: number
  readonly roiSize: number
  readonly maskSize: number

  constructor(options: MaskHeadOptions) {
    super()
    const { numClasses, inChannels = 256, numConvs = 4, convChannels = 256 } = options
    const init = kaimingNormalFanOut()
    this.convs = Array.from(
      { length: numConvs },
      (_, i) => new ConvModule(i === 0 ? inChannels : convChannels, convChannels),
    )
    this.upsample = new ConvTranspose2d({
      inChannels: numConvs === 0 ? inChannels : convChannels,
      outChannels: convChannels,
      kernelSize: UPSAMPLING,
      stride: UPSAMPLING,
      init,
    })
    this.conv_logits = new Conv2d({
      inChannels: convChannels,
      outChannels: numClasses,
      kernelSize: 1,
      init,
    })
    this.numClasses = numClasses
    this.roiSize = options.roiSize ?? 14
    this.maskSize = UPSAMPLING * this.roiSize
  }

  /**
   * @param roiFeatures `[r, roiSize, roiSize, inChannels]`.
   * @returns `[r, maskSize, maskSize, numClasses]`, logits.
   */
  override forward(roiFeatures: tf.Tensor4D): tf.Tensor4D {
    return fullPrecision(joinPatches(this.pixelLogits(roiFeatures), UPSAMPLING))
  }

  /**
   * The mask of one class for each RoI.
   *
   * @param roiFeatures `[r, roiSize, roiSize, inChannels]`.
   * @param labels `[r]` int32, class; a negative one yields a mask of 0.
   * @returns `[r, maskSize, maskSize]`, logits.
   */
  logitsOf(roiFeatures: tf.Tensor4D, labels: tf.Tensor1D): tf.Tensor3D {
    const pixels = this.pixelLogits(roiFeatures) // [r 4, roiSize, roiSize, c]
    const [count, height, width, classes] = pixels.shape
    const places = UPSAMPLING ** 2
    const isClass = oneHot(labels, classes) // [r, c]
    const ofPixels = tf.reshape(tf.tile(tf.expandDims(isClass, 1), [1, places, 1]), [
      count,
      1,
      classes,
    ])
    // As a product, not as a sum of products: neither way moves the logits.
    const planes = tf.reshape(tf.transpose(pixels, [0, 3, 1, 2]), [count, classes, -1])
    const chosen = tf.reshape(tf.matMul(ofPixels, planes), [count, height, width, 1])
    const masks = joinPatches(chosen as tf.Tensor4D, UPSAMPLING)
    return fullPrecision(tf.reshape(masks, [count / places, this.maskSize, this.maskSize]))
  }

  /**
   * Binary cross-entropy of the mask of each RoI's class, the mean over RoIs with a class and their
   * pixels; 0 without any.
   *
   * @param roiFeatures `[r, roiSize, roiSize, inChannels]`.
   * @param labels `[r]` int32, class; a RoI with a negative one has no loss.
   * @param targets `[r, maskSize, maskSize]` of 0 and 1.
   */
  loss(roiFeatures: tf.Tensor4D, labels: tf.Tensor1D, targets: tf.Tensor3D): tf.Scalar {
    const logits = this.logitsOf(roiFeatures, labels)
    const weights = tf.cast(tf.greaterEqual(labels, tf.scalar(0, 'int32')), 'float32') // [r]
    const pixels = tf.mul(tf.maximum(tf.sum(weights), 1), this.maskSize ** 2)
    const perRow = tf.reshape(weights, [-1, 1, 1])
    return tf.div(binaryCrossEntropy(logits, targets, perRow), pixels)
  }

  /**
   * Logits before the pixels of each patch are put in place:
   * `[r * 4, roiSize, roiSize, numClasses]`.
   */
  private pixelLogits(roiFeatures: tf.Tensor4D): tf.Tensor4D {
    const x = this.convs.reduce((x, conv) => conv.forward(x), roiFeatures)
    return this.conv_logits.forward(tf.relu(this.upsample.patchPixels(x)))
  }
}

/** A 3x3 convolution and ReLU; the convolution has the name that mmcv's `ConvModule` gives it. */
class ConvModule extends Module {
  readonly conv: Conv2d

  constructor(inChannels: number, outChannels: number) {
    super()
    const init = kaimingNormalFanOut()
    this.conv = new Conv2d({ inChannels, outChannels, kernelSize: 3, padding: 1, init })
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.conv.forward(x))
  }
}
