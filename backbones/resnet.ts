import { BatchNorm } from '../nn/batch_norm.js'
import { ConvPair } from '../nn/conv_pair.js'
import { Conv2d, type Conv2dOptions, convNorm } from '../nn/conv2d.js'
import { constant, kaimingNormalFanOut, uniform } from '../nn/initializers.js'
import { Linear } from '../nn/linear.js'
import { assignMerged, foldBatchNorm, type MatrixProduct } from '../nn/merge_convolutions.js'
import { type ForwardOptions, Module } from '../nn/module.js'
import { SeriesActivation } from '../nn/series_activation.js'
import * as tf from '../tf/tf.js'
import { Backbone, type ClassifyingBackbone, type MergeableBackbone } from './backbone.js'
import {
  type BlockKind,
  type ResNetOptions,
  type ResolvedResNet,
  resolveResNet,
} from './resnet_options.js'

/** What a part of the network is made of, and how it trains. */
interface Building extends Pick<ResolvedResNet, 'deepTraining' | 'series' | 'form'> {
  /** Weights do not change, and norms use their running statistics. */
  frozen: boolean
  /** Norms use their running statistics. */
  normEval: boolean
}

/** A convolution and its norm; a pair has its own norms, a merged convolution none. */
type Layer = readonly [Conv2d | ConvPair, BatchNorm | undefined]

/** Output channels of a block for each channel inside it. */
const EXPANSION: Record<BlockKind, number> = { basic: 1, bottleneck: 4 }

/**
 * ResNet: four stages of residual blocks. The stride of a bottleneck is that of its 3x3
 * convolution.
 *
 * With `deepTraining` or `series` it is trained by the two techniques of VanillaNet, and merged.
 *
 * Source: arXiv:1512.03385; structure and parameter names of torchvision, freezing and new weights
 * as in mmdetection 2.x.
 */
export class ResNet extends Backbone implements ClassifyingBackbone {
  readonly conv1: Conv2d | ConvPair
  readonly bn1: BatchNorm | undefined
  readonly act1: SeriesActivation | undefined
  readonly layer1: Block[]
  readonly layer2: Block[]
  readonly layer3: Block[]
  readonly layer4: Block[]
  readonly fc: Linear | undefined

  readonly numClasses: number | undefined
  readonly outIndices: readonly number[]
  readonly outChannels: readonly number[]
  readonly strides: readonly number[]
  readonly lastStride = 32
  /** Undefined for a plain one, which has one form. */
  readonly form: 'train' | 'deploy' | undefined
  private readonly options: ResNetOptions

  constructor(options: ResNetOptions) {
    super()
    const resolved = resolveResNet(options)
    const { block, blocks, baseChannels, frozenStages, normEval, numClasses } = resolved
    const { deepTraining, series } = resolved
    const isPlain = !deepTraining && series === 0
    const form = isPlain ? 'train' : resolved.form
    const building = (stage: number): Building => {
      return { frozen: stage <= frozenStages, normEval, deepTraining, series, form }
    }
    const stem = { inChannels: 3, outChannels: baseChannels, kernelSize: 7, stride: 2, padding: 3 }
    const [conv1, bn1] = layer(stem, building(0))
    this.conv1 = conv1
    this.bn1 = bn1
    this.act1 = activation(baseChannels, building(0))

    const lastStage = numClasses === undefined ? Math.max(...resolved.outIndices) : 3
    const stage = (i: number, inChannels: number) =>
      Array.from({ length: i <= lastStage ? blocks[i] : 0 }, (_, j) => {
        const channels = baseChannels * 2 ** i
        return new Block({
          kind: block,
          inChannels: j === 0 ? inChannels : channels * EXPANSION[block],
          channels,
          stride: i > 0 && j === 0 ? 2 : 1,
          ...building(i + 1),
        })
      })
    const widths = blocks.map((_, i) => baseChannels * 2 ** i * EXPANSION[block])
    this.layer1 = stage(0, baseChannels)
    this.layer2 = stage(1, widths[0])
    this.layer3 = stage(2, widths[1])
    this.layer4 = stage(3, widths[2])
    if (numClasses !== undefined) {
      const bound = 1 / Math.sqrt(widths[3]) // as PyTorch makes it, which torchvision leaves alone
      const values = { init: uniform(-bound, bound), biasInit: uniform(-bound, bound) }
      this.fc = new Linear({ inFeatures: widths[3], outFeatures: numClasses, ...values })
    }

    this.form = isPlain ? undefined : form
    this.options = options
    this.numClasses = numClasses
    this.outIndices = resolved.outIndices
    this.outChannels = this.outIndices.map((i) => widths[i])
    this.strides = this.outIndices.map((i) => 4 * 2 ** i)
  }

  /**
   * @param images `[n, h, w, 3]`, normalised RGB.
   * @returns the output of each stage in `outIndices`,
   *   `[n, ceil(h / stride), ceil(w / stride), channels]`.
   */
  override forward(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D[] {
    const features = this.stages(images, this.outIndices[this.outIndices.length - 1], options)
    return this.outIndices.map((i) => features[i])
  }

  override rawOutputs(images: tf.Tensor4D): tf.Tensor4D[] | tf.Tensor2D {
    return this.fc ? this.classify(images) : this.forward(images)
  }

  /**
   * @param images as for `forward`.
   * @returns logits `[n, numClasses]`.
   */
  classify(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor2D {
    return this.logits(this.lastFeatures(images, options))
  }

  lastFeatures(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D {
    const [, , , last] = this.stages(images, 3, options)
    return last
  }

  logits(features: tf.Tensor4D): tf.Tensor2D {
    if (!this.fc) {
      throw new Error('ResNet.classify: there is no classifier; build it with numClasses')
    }
    return this.fc.forward(tf.mean(features, [1, 2]))
  }

  /**
   * A new ResNet in deploy form with the merged weights of this one.
   *
   * @throws for a plain one, and in deploy form.
   */
  async reparameterized(multiply: MatrixProduct): Promise<MergeableBackbone> {
    if (this.form !== 'train') {
      const what = this.form === 'deploy' ? 'the deploy form' : 'a plain ResNet'
      const fix = 'call it on the training form of one with deepTraining or series'
      throw new Error(`ResNet.reparameterized: this is ${what}; ${fix}`)
    }
    const merged = new ResNet({ ...this.options, form: 'deploy' })
    await mergeLayer([this.conv1, this.bn1], merged.conv1, multiply)
    this.act1?.mergeInto(merged.act1!)
    for (const name of ['layer1', 'layer2', 'layer3', 'layer4'] as const) {
      for (const [i, block] of this[name].entries()) {
        await block.mergeInto(merged[name][i], multiply)
      }
    }
    if (this.fc) {
      merged.fc!.weight.data = this.fc.weight.data
      merged.fc!.bias!.data = this.fc.bias!.data
    }
    return merged as ResNet & MergeableBackbone
  }

  /** The outputs of the stages up to `last`. */
  private stages(images: tf.Tensor4D, last: number, options: ForwardOptions): tf.Tensor4D[] {
    // [n, h / 2, w / 2, baseChannels]
    let x = activated(forwardLayer(images, [this.conv1, this.bn1], options), this.act1, options)
    x = tf.maxPool(x, 3, 2, 1) // [n, h / 4, w / 4, baseChannels]
    return [this.layer1, this.layer2, this.layer3, this.layer4].slice(0, last + 1).map((blocks) => {
      for (const block of blocks) x = block.forward(x, options)
      return x
    })
  }
}

interface BlockOptions extends Building {
  kind: BlockKind
  inChannels: number
  /** Inside the block. */
  channels: number
  stride: number
}

/** Convolutions, each with its norm, and a shortcut around them. */
class Block extends Module {
  readonly conv1: Conv2d | ConvPair
  readonly bn1: BatchNorm | undefined
  readonly conv2: Conv2d | ConvPair
  readonly bn2: BatchNorm | undefined
  readonly conv3: Conv2d | ConvPair | undefined
  readonly bn3: BatchNorm | undefined
  /** Layers of the shortcut, where the block changes the shape. */
  readonly downsample: Layer | undefined
  /** After the first layer, the second and the third; the last of them is behind the sum. */
  readonly act1: SeriesActivation | undefined
  readonly act2: SeriesActivation | undefined
  readonly act3: SeriesActivation | undefined

  constructor(options: BlockOptions) {
    super()
    const { kind, inChannels, channels, stride } = options
    const outChannels = channels * EXPANSION[kind]
    const middle = { inChannels: channels, outChannels: channels, kernelSize: 3, padding: 1 }
    const narrow = { inChannels, outChannels: channels, kernelSize: 1 }
    const wide = { inChannels: channels, outChannels, kernelSize: 1 }
    const isBasic = kind === 'basic'
    // The last norm starts at zero, so that a new block passes its input on.
    const first = layer(isBasic ? { ...middle, inChannels, stride } : narrow, options)
    const second = isBasic ? layer(middle, options, 0) : layer({ ...middle, stride }, options)
    const third = isBasic ? undefined : layer(wide, options, 0)
    this.conv1 = first[0]
    this.bn1 = first[1]
    this.conv2 = second[0]
    this.bn2 = second[1]
    this.conv3 = third?.[0]
    this.bn3 = third?.[1]
    if (stride !== 1 || inChannels !== outChannels) {
      this.downsample = layer({ inChannels, outChannels, kernelSize: 1, stride }, options)
    }
    this.act1 = activation(channels, options)
    this.act2 = activation(channels, options)
    this.act3 = isBasic ? undefined : activation(outChannels, options)
  }

  /**
   * @param x `[n, h, w, inChannels]`; the result has the block's channels, at `1 / stride` of the
   *   size.
   */
  override forward(x: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    let y = activated(forwardLayer(x, [this.conv1, this.bn1], options), this.act1, options)
    y = forwardLayer(y, [this.conv2, this.bn2], options)
    if (this.conv3) {
      y = forwardLayer(activated(y, this.act2, options), [this.conv3, this.bn3], options)
    }
    const shortcut = this.downsample ? forwardLayer(x, this.downsample, options) : x
    return activated(tf.add(y, shortcut), this.conv3 ? this.act3 : this.act2, options)
  }

  /** Gives `deploy` what this block is at lambda 1. */
  async mergeInto(deploy: Block, multiply: MatrixProduct): Promise<void> {
    await mergeLayer([this.conv1, this.bn1], deploy.conv1, multiply)
    await mergeLayer([this.conv2, this.bn2], deploy.conv2, multiply)
    if (this.conv3) await mergeLayer([this.conv3, this.bn3], deploy.conv3!, multiply)
    if (this.downsample) await mergeLayer(this.downsample, deploy.downsample![0], multiply)
    for (const name of ['act1', 'act2', 'act3'] as const) this[name]?.mergeInto(deploy[name]!)
  }
}

/** A convolution and its norm, whose scale starts at `scale`; or what is in their place. */
function layer(conv: Conv2dOptions, building: Building, scale = 1): Layer {
  const { frozen, normEval, deepTraining, form } = building
  const options = { ...conv, init: kaimingNormalFanOut(), trainable: !frozen }
  if (form === 'deploy') return [new Conv2d(options), undefined]
  const norm = { init: constant(scale), frozen: frozen || normEval }
  if (deepTraining) {
    const pair = { ...options, bias: false, normInit: norm.init, normEval: norm.frozen }
    return [new ConvPair(pair), undefined]
  }
  const channels = conv.outChannels
  return [
    new Conv2d({ ...options, bias: false }),
    new BatchNorm({ channels, ...norm, trainable: !frozen }),
  ]
}

/** Undefined stands for a ReLU. */
function activation(
  channels: number,
  { frozen, normEval, series, form }: Building,
): SeriesActivation | undefined {
  if (series === 0) return undefined
  const norm = { normEval: frozen || normEval, trainable: !frozen }
  return new SeriesActivation({ channels, actNum: series, form, ...norm })
}

function forwardLayer(x: tf.Tensor4D, [conv, norm]: Layer, options: ForwardOptions): tf.Tensor4D {
  if (norm && conv instanceof Conv2d) return convNorm(x, [conv, norm], options)
  return conv.forward(x, options)
}

function activated(
  x: tf.Tensor4D,
  series: SeriesActivation | undefined,
  options: ForwardOptions,
): tf.Tensor4D {
  return series ? series.forward(x, options) : tf.relu(x)
}

/** Gives `deploy`, a convolution with a bias, what the layer is at lambda 1. */
async function mergeLayer(
  [conv, norm]: Layer,
  deploy: Conv2d | ConvPair,
  multiply: MatrixProduct,
): Promise<void> {
  if (conv instanceof ConvPair) await conv.mergeInto(deploy as Conv2d, multiply)
  else assignMerged(deploy as Conv2d, foldBatchNorm(conv, norm!))
}
