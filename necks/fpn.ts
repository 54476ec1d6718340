import { ConfigError } from '../errors.js'
import { Conv2d, type Conv2dOptions } from '../nn/conv2d.js'
import { xavierUniform } from '../nn/initializers.js'
import { Module } from '../nn/module.js'
import { resizeNearest } from '../ops/resize_nearest.js'
import * as tf from '../tf/tf.js'
import { Neck } from './neck.js'

export interface FPNOptions {
  /** Channels of each map the backbone returns, fine to coarse. */
  inChannels: readonly number[]
  /** Strides of each map the backbone returns, input pixels. */
  inStrides: readonly number[]
  /** Channels of each map the neck returns. @default 256 */
  outChannels?: number
  /** Maps the neck returns; those beyond the backbone's are coarser by 2 each. @default 5 */
  numOuts?: number
  /**
   * What makes the coarser maps: `'on_input'`, 3x3 convolutions of stride 2 that start from the
   * last backbone map (RetinaNet); `false`, every second cell of the coarsest map (Mask R-CNN).
   *
   * @default false
   */
  addExtraConvs?: 'on_input' | false
  /** First backbone map to use. @default 0 */
  startLevel?: number
}

/**
 * A feature pyramid: coarse maps are enlarged and added to finer ones.
 *
 * Source: Feature Pyramid Networks for Object Detection, arXiv:1612.03144; names, initial values
 * and extra levels as mmdetection 2.x: no norm, and no activation, not even before P7.
 */
export class FPN extends Neck {
  readonly lateral_convs: ConvModule[]
  readonly fpn_convs: ConvModule[]
  readonly outChannels: number
  readonly strides: readonly number[]
  readonly roiLevels: number
  private readonly numOuts: number
  private readonly startLevel: number

  constructor(options: FPNOptions) {
    super()
    const { inChannels, outChannels = 256, numOuts = 5, addExtraConvs = false } = options
    const startLevel = options.startLevel ?? 0
    const usedChannels = inChannels.slice(startLevel)
    const extraLevels = numOuts - usedChannels.length
    if (usedChannels.length === 0 || extraLevels < 0) {
      throw new ConfigError(
        'numOuts',
        `is ${numOuts}, but ${usedChannels.length} backbone maps are used`,
        'give at least one map, and at least as many levels as maps',
      )
    }
    this.outChannels = outChannels
    this.strides = pyramidStrides(options.inStrides.slice(startLevel), numOuts)
    this.roiLevels = usedChannels.length
    this.numOuts = numOuts
    this.startLevel = startLevel

    this.lateral_convs = usedChannels.map(
      (channels) => new ConvModule({ inChannels: channels, outChannels, kernelSize: 1 }),
    )
    const merge = { inChannels: outChannels, outChannels, kernelSize: 3, padding: 1 }
    this.fpn_convs = usedChannels.map(() => new ConvModule(merge))
    for (let level = 0; addExtraConvs === 'on_input' && level < extraLevels; level++) {
      const from = level === 0 ? inChannels[inChannels.length - 1] : outChannels
      this.fpn_convs.push(new ConvModule({ ...merge, inChannels: from, stride: 2 }))
    }
  }

  override forward(features: tf.Tensor4D[]): tf.Tensor4D[] {
    const used = features.slice(this.startLevel)
    const merged = used.map((feature, level) => this.lateral_convs[level].forward(feature))
    for (let level = merged.length - 1; level > 0; level--) {
      const [, height, width] = merged[level - 1].shape
      merged[level - 1] = tf.add(merged[level - 1], resizeNearest(merged[level], [height, width]))
    }
    const outs = merged.map((map, level) => this.fpn_convs[level].forward(map))

    let coarsest = features[features.length - 1]
    for (const conv of this.fpn_convs.slice(used.length)) {
      coarsest = conv.forward(coarsest)
      outs.push(coarsest)
    }
    while (outs.length < this.numOuts) outs.push(everySecondCell(outs[outs.length - 1]))
    return outs
  }
}

/** The backbone's strides, then each twice the one before. */
function pyramidStrides(inStrides: readonly number[], numOuts: number): number[] {
  const strides = [...inStrides]
  while (strides.length < numOuts) strides.push(2 * strides[strides.length - 1])
  return strides
}

/** A convolution under the name that mmcv's `ConvModule` gives it: `conv`. */
class ConvModule extends Module {
  readonly conv: Conv2d

  constructor(options: Conv2dOptions) {
    super()
    this.conv = new Conv2d({ init: xavierUniform(), ...options })
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.conv.forward(x)
  }
}

/** Rows and columns 0, 2, 4, ...: a max pool with kernel 1 and stride 2. */
function everySecondCell(map: tf.Tensor4D): tf.Tensor4D {
  return tf.maxPool(map, 1, 2, 'valid')
}
