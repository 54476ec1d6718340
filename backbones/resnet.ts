import { ConfigError } from '../errors.js'
import { BatchNorm } from '../nn/batch_norm.js'
import { Conv2d, type Conv2dOptions, convNorm } from '../nn/conv2d.js'
import { kaimingNormalFanOut, ones, uniform, zeros } from '../nn/initializers.js'
import { Linear } from '../nn/linear.js'
import { type ForwardOptions, Module } from '../nn/module.js'
import * as tf from '../tf/tf.js'
import { Backbone, type ClassifyingBackbone } from './backbone.js'

/**
 * The published depths: what a block is made of, and how many each stage has.
 *
 * Source: arXiv:1512.03385, table 1.
 */
const VARIANTS = {
  18: { block: 'basic', blocks: [2, 2, 2, 2] },
  34: { block: 'basic', blocks: [3, 4, 6, 3] },
  50: { block: 'bottleneck', blocks: [3, 4, 6, 3] },
  101: { block: 'bottleneck', blocks: [3, 4, 23, 3] },
  152: { block: 'bottleneck', blocks: [3, 8, 36, 3] },
} satisfies Record<number, { block: BlockKind; blocks: readonly number[] }>

/** Two 3x3 convolutions, or 1x1, 3x3, 1x1 with four times as many channels at the end. */
export type BlockKind = 'basic' | 'bottleneck'

export type ResNetDepth = keyof typeof VARIANTS

export const resNetDepths = Object.keys(VARIANTS).map(Number) as ResNetDepth[]

export interface ResNetOptions {
  /** Number of layers: 18, 34, 50, 101 or 152. */
  depth: ResNetDepth
  /** Channels of the stem; stage `i` has `2 ** i` times as many inside its blocks. @default 64 */
  baseChannels?: number
  /** Stages whose feature maps are returned, 0 to 3, shallow to deep. @default [0, 1, 2, 3] */
  outIndices?: readonly number[]
  /**
   * How much of the network keeps its weights: -1 nothing, 0 the stem, `n` the stem and `n` stages.
   * Their norms use their running statistics.
   *
   * @default 1, with `numClasses` -1
   */
  frozenStages?: number
  /**
   * Every BatchNorm uses its running statistics in training too. @default true, with `numClasses`
   * false
   */
  normEval?: boolean
  /** Adds the classifier. */
  numClasses?: number
}

/** Options with everything filled in and checked. */
export interface ResolvedResNet {
  block: BlockKind
  /** Number of blocks of each stage. */
  blocks: readonly number[]
  baseChannels: number
  outIndices: readonly number[]
  frozenStages: number
  normEval: boolean
  numClasses: number | undefined
}

/** How a part of the network trains. */
interface Training {
  /** Weights do not change, and norms use their running statistics. */
  frozen: boolean
  /** Norms use their running statistics. */
  normEval: boolean
}

/** Output channels of a block for each channel inside it. */
const EXPANSION: Record<BlockKind, number> = { basic: 1, bottleneck: 4 }

/**
 * ResNet: four stages of residual blocks. The stride of a bottleneck is that of its 3x3
 * convolution.
 *
 * Source: arXiv:1512.03385; structure and parameter names of torchvision, freezing and new weights
 * as in mmdetection 2.x.
 */
export class ResNet extends Backbone implements ClassifyingBackbone {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm
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

  constructor(options: ResNetOptions) {
    super()
    const resolved = resolveResNet(options)
    const { block, blocks, baseChannels, frozenStages, normEval, numClasses } = resolved
    const training = (stage: number): Training => ({ frozen: stage <= frozenStages, normEval })
    const stem = { inChannels: 3, outChannels: baseChannels, kernelSize: 7, stride: 2, padding: 3 }
    this.conv1 = convolution(stem, training(0))
    this.bn1 = batchNorm(baseChannels, training(0))

    const lastStage = numClasses === undefined ? Math.max(...resolved.outIndices) : 3
    const stage = (i: number, inChannels: number) =>
      Array.from({ length: i <= lastStage ? blocks[i] : 0 }, (_, j) => {
        const channels = baseChannels * 2 ** i
        return new Block({
          kind: block,
          inChannels: j === 0 ? inChannels : channels * EXPANSION[block],
          channels,
          stride: i > 0 && j === 0 ? 2 : 1,
          ...training(i + 1),
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

  /** The outputs of the stages up to `last`. */
  private stages(images: tf.Tensor4D, last: number, options: ForwardOptions): tf.Tensor4D[] {
    // [n, h / 2, w / 2, baseChannels]
    let x = tf.relu(convNorm(images, [this.conv1, this.bn1], options))
    x = tf.maxPool(x, 3, 2, 1) // [n, h / 4, w / 4, baseChannels]
    return [this.layer1, this.layer2, this.layer3, this.layer4].slice(0, last + 1).map((blocks) => {
      for (const block of blocks) x = block.forward(x, options)
      return x
    })
  }
}

interface BlockOptions extends Training {
  kind: BlockKind
  inChannels: number
  /** Inside the block. */
  channels: number
  stride: number
}

/** Convolutions, each with its norm, and a shortcut around them. */
class Block extends Module {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm
  readonly conv2: Conv2d
  readonly bn2: BatchNorm
  readonly conv3: Conv2d | undefined
  readonly bn3: BatchNorm | undefined
  /** Layers of the shortcut, where the block changes the shape. */
  readonly downsample: [Conv2d, BatchNorm] | undefined

  constructor(options: BlockOptions) {
    super()
    const { kind, inChannels, channels, stride } = options
    const outChannels = channels * EXPANSION[kind]
    const middle = { inChannels: channels, outChannels: channels, kernelSize: 3, padding: 1 }
    // The last norm starts at zero, so that a new block passes its input on.
    if (kind === 'basic') {
      this.conv1 = convolution({ ...middle, inChannels, stride }, options)
      this.bn1 = batchNorm(channels, options)
      this.conv2 = convolution(middle, options)
      this.bn2 = batchNorm(channels, options, zeros())
    } else {
      this.conv1 = convolution({ inChannels, outChannels: channels, kernelSize: 1 }, options)
      this.bn1 = batchNorm(channels, options)
      this.conv2 = convolution({ ...middle, stride }, options)
      this.bn2 = batchNorm(channels, options)
      this.conv3 = convolution({ inChannels: channels, outChannels, kernelSize: 1 }, options)
      this.bn3 = batchNorm(outChannels, options, zeros())
    }
    if (stride !== 1 || inChannels !== outChannels) {
      const shortcut = { inChannels, outChannels, kernelSize: 1, stride }
      this.downsample = [convolution(shortcut, options), batchNorm(outChannels, options)]
    }
  }

  /**
   * @param x `[n, h, w, inChannels]`; the result has the block's channels, at `1 / stride` of the
   *   size.
   */
  override forward(x: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    let y = tf.relu(convNorm(x, [this.conv1, this.bn1], options))
    y = convNorm(y, [this.conv2, this.bn2], options)
    if (this.conv3 && this.bn3) y = convNorm(tf.relu(y), [this.conv3, this.bn3], options)
    const shortcut = this.downsample ? convNorm(x, this.downsample, options) : x
    return tf.relu(tf.add(y, shortcut))
  }
}

function convolution(options: Conv2dOptions, { frozen }: Training): Conv2d {
  return new Conv2d({ ...options, bias: false, init: kaimingNormalFanOut(), trainable: !frozen })
}

function batchNorm(channels: number, { frozen, normEval }: Training, init = ones()): BatchNorm {
  return new BatchNorm({ channels, frozen: frozen || normEval, init, trainable: !frozen })
}

const STAGES = 4

/** Fills in the variant and the defaults, and refuses what cannot be built. */
export function resolveResNet(options: ResNetOptions): ResolvedResNet {
  const { depth, baseChannels = 64, numClasses } = options
  const isClassifier = numClasses !== undefined
  const { outIndices = [0, 1, 2, 3] } = options
  const { frozenStages = isClassifier ? -1 : 1, normEval = !isClassifier } = options
  if (!resNetDepths.includes(depth)) {
    throw new ConfigError('depth', `is ${depth}`, `use one of ${resNetDepths.join(', ')}`)
  }
  checkInteger('baseChannels', baseChannels, 1, Number.POSITIVE_INFINITY)
  checkInteger('frozenStages', frozenStages, -1, STAGES)
  if (isClassifier) checkInteger('numClasses', numClasses, 1, Number.POSITIVE_INFINITY)
  if (outIndices.length === 0) {
    throw new ConfigError('outIndices', 'is empty', 'name at least one stage')
  }
  for (const [i, index] of outIndices.entries()) {
    checkInteger(`outIndices[${i}]`, index, 0, STAGES - 1)
    if (i > 0 && index <= outIndices[i - 1]) {
      throw new ConfigError(
        `outIndices[${i}]`,
        `is ${index} after ${outIndices[i - 1]}`,
        'list the stages from shallow to deep, each once',
      )
    }
  }
  return { ...VARIANTS[depth], baseChannels, outIndices, frozenStages, normEval, numClasses }
}

function checkInteger(key: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  const range =
    most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`
  throw new ConfigError(key, `is ${value}`, `use a whole number ${range}`)
}
