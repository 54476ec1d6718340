import { adaptiveMaxPool } from '../nn/adaptive_max_pool.js'
import { BatchNorm } from '../nn/batch_norm.js'
import { type ConvNorm, forwardPair, mergePair, normed } from '../nn/conv_pair.js'
import { Conv2d, type Conv2dOptions } from '../nn/conv2d.js'
import { deepTraining } from '../nn/deep_training.js'
import { dropout } from '../nn/dropout.js'
import { kaimingNormalFanOut, truncatedNormal } from '../nn/initializers.js'
import {
  assignMerged,
  foldBatchNorm,
  type MatrixProduct,
  mergePointwise,
  unmerged,
} from '../nn/merge_convolutions.js'
import { type ForwardOptions, Module } from '../nn/module.js'
import { SeriesActivation } from '../nn/series_activation.js'
import * as tf from '../tf/tf.js'
import { Backbone, type ClassifyingBackbone, type MergeableBackbone } from './backbone.js'
import {
  type ResolvedOptions,
  resolveOptions,
  type Shortcut,
  type VanillaNetOptions,
} from './vanillanet_options.js'

/**
 * VanillaNet: convolutions and pooling, with no shortcuts and no attention. While training, every
 * convolution is a pair with a LeakyReLU of slope lambda between; at lambda 1 each pair is linear
 * and merges into one convolution, the deploy form.
 *
 * Without deep training the convolutions are single while training too, each with a norm. Those
 * have names of their own, `stem0` and `conv0`, so that weights of one form are never taken for
 * those of another.
 *
 * Source: arXiv:2305.12972; structure and parameter names of its official repository.
 */
export class VanillaNet extends Backbone implements MergeableBackbone, ClassifyingBackbone {
  readonly stem1: ConvNorm | undefined
  readonly stem2: [Conv2d, BatchNorm, SeriesActivation] | undefined
  /** Without deep training. */
  readonly stem0: [Conv2d, BatchNorm, SeriesActivation] | undefined
  readonly stem: [Conv2d, SeriesActivation] | undefined
  readonly stages: Stage[]
  /** The original holds its pooling and dropout at 0 and 1, which have no parameters. */
  readonly cls1: [undefined, undefined, Conv2d, BatchNorm] | undefined
  readonly cls2: [Conv2d] | undefined
  /** In deploy form, and without deep training. */
  readonly cls: [undefined, undefined, Conv2d] | undefined

  readonly form: 'train' | 'deploy'
  readonly numClasses: number | undefined
  readonly outIndices: readonly number[]
  readonly outChannels: readonly number[]
  readonly strides: readonly number[]
  readonly lastStride: number
  private readonly dropRate: number
  /** Channels of the last stage. */
  private readonly width: number
  private readonly options: VanillaNetOptions

  constructor(options: VanillaNetOptions) {
    super()
    const resolved = resolveOptions(options)
    const { dims, strides, adaPool, numClasses, form, outIndices } = resolved
    const isPaired = form === 'train' && resolved.deepTraining
    const init = convInit(resolved)
    const width = dims[0]
    const stemGeometry = adaPool ? { stride: 3, padding: 1 } : { stride: 4 }
    const patches = { inChannels: 3, outChannels: width, kernelSize: 4, ...stemGeometry, init }
    if (isPaired) {
      const mix = { inChannels: width, outChannels: width, kernelSize: 1, init }
      this.stem1 = convNorm(patches, resolved)
      this.stem2 = [...convNorm(mix, resolved), seriesActivation(width, resolved)]
    } else if (form === 'train') {
      this.stem0 = [...convNorm(patches, resolved), seriesActivation(width, resolved)]
    } else {
      this.stem = [new Conv2d(patches), seriesActivation(width, resolved)]
    }

    this.stages = strides.map((_, i) => new Stage(i, resolved))

    if (numClasses !== undefined) {
      const logits = {
        inChannels: dims[dims.length - 1],
        outChannels: numClasses,
        kernelSize: 1,
        init,
      }
      if (isPaired) {
        this.cls1 = [undefined, undefined, ...convNorm(logits, resolved)]
        this.cls2 = [new Conv2d({ ...logits, inChannels: numClasses })]
      } else {
        this.cls = [undefined, undefined, new Conv2d(logits)]
      }
    }

    this.form = form
    this.numClasses = numClasses
    this.width = dims[dims.length - 1]
    this.dropRate = numClasses === undefined ? 0 : resolved.dropRate
    this.outIndices = outIndices
    this.outChannels = outIndices.map((i) => dims[i + 1])
    const strideOf = (i: number) =>
      strides.slice(0, i + 1).reduce((product, stride) => product * stride, stemGeometry.stride)
    this.strides = outIndices.map(strideOf)
    this.lastStride = strideOf(strides.length - 1)
    this.options = options
  }

  /** `dropout`: which inputs of the classifier are left out. */
  override noiseShapes(imageCount: number): Record<string, readonly number[]> {
    if (this.dropRate === 0) return {}
    return { dropout: [imageCount, 1, 1, this.width] }
  }

  /**
   * Without `options.lambda` the activation between paired convolutions is left out, as at lambda
   * 1.
   *
   * @param images `[n, h, w, 3]`, normalised RGB; sides are best multiples of 32, poolings round
   *   down.
   * @returns the output of each stage in `outIndices`, `[n, h / stride, w / stride, channels]`.
   */
  override forward(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D[] {
    const features: tf.Tensor4D[] = []
    let x = this.embed(images, options)
    for (const [i, stage] of this.stages.entries()) {
      x = stage.forward(x, options)
      if (this.outIndices.includes(i)) features.push(x)
    }
    return features
  }

  override rawOutputs(images: tf.Tensor4D): tf.Tensor4D[] | tf.Tensor2D {
    return this.cls1 || this.cls ? this.classify(images) : this.forward(images)
  }

  /**
   * @param images as for `forward`.
   * @returns logits `[n, numClasses]`.
   */
  classify(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor2D {
    return this.logits(this.lastFeatures(images, options), options)
  }

  lastFeatures(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D {
    return this.stages.reduce((x, stage) => stage.forward(x, options), this.embed(images, options))
  }

  logits(features: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor2D {
    let x = this.drop(tf.mean(features, [1, 2], true), options) // [n, 1, 1, dims.at(-1)]
    if (this.cls1 && this.cls2) {
      const [, , conv, norm] = this.cls1
      x = this.cls2[0].forward(deepTraining(normed(x, [conv, norm], options), options))
    } else if (this.cls) {
      x = this.cls[2].forward(x)
    } else {
      throw new Error('VanillaNet.classify: there is no classifier; build it with numClasses')
    }
    return tf.squeeze(x, [1, 2])
  }

  private drop(x: tf.Tensor4D, { training, noise }: ForwardOptions): tf.Tensor4D {
    if (!training || this.dropRate === 0) return x
    if (noise?.dropout) return dropout(x, noise.dropout, this.dropRate)
    throw new Error(
      'VanillaNet.classify: dropRate is above 0, but options.noise has no dropout; draw noise of noiseShapes()',
    )
  }

  async reparameterized(multiply: MatrixProduct): Promise<VanillaNet> {
    if (this.form === 'deploy') {
      throw new Error(
        'VanillaNet.reparameterized: this is the deploy form; call it on the training form',
      )
    }
    const merged = new VanillaNet({ ...this.options, form: 'deploy' })
    const [stemConv, stemActivation] = merged.stem!
    if (this.stem1 && this.stem2) {
      const [mixConv, mixNorm, activation] = this.stem2
      assignMerged(stemConv, await mergePair([this.stem1, [mixConv, mixNorm]], multiply))
      activation.mergeInto(stemActivation)
    } else {
      const [conv, norm, activation] = this.stem0!
      assignMerged(stemConv, foldBatchNorm(conv, norm))
      activation.mergeInto(stemActivation)
    }

    for (const [i, stage] of this.stages.entries())
      await stage.mergeInto(merged.stages[i], multiply)

    if (this.cls1 && this.cls2) {
      const [, , conv, norm] = this.cls1
      const logits = await mergePointwise(
        foldBatchNorm(conv, norm),
        unmerged(this.cls2[0]),
        multiply,
      )
      assignMerged(merged.cls![2], logits)
    } else if (this.cls) {
      assignMerged(merged.cls![2], unmerged(this.cls[2]))
    }
    return merged
  }

  /** The stem: `[n, h, w, 3]` to `[n, h / 4, w / 4, dims[0]]`. */
  private embed(images: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    if (this.stem1 && this.stem2) {
      const [conv, norm, activation] = this.stem2
      const x = forwardPair(images, [this.stem1, [conv, norm]], options)
      return activation.forward(x, options)
    }
    if (this.stem0) {
      const [conv, norm, activation] = this.stem0
      return activation.forward(normed(images, [conv, norm], options), options)
    }
    const [conv, activation] = this.stem!
    return activation.forward(conv.forward(images), options)
  }
}

/**
 * A pair of 1x1 convolutions (one in deploy form or without deep training), max pooling, and the
 * series activation.
 */
class Stage extends Module {
  readonly conv1: ConvNorm | undefined
  readonly conv2: ConvNorm | undefined
  /** Without deep training. */
  readonly conv0: ConvNorm | undefined
  readonly conv: Conv2d | undefined
  readonly act: SeriesActivation
  private readonly shortcut: Shortcut
  /** How many times as many channels come out as go in, where there is a shortcut. */
  private readonly copies: number
  private readonly stride: number
  private readonly adaPool: number

  constructor(index: number, options: ResolvedOptions) {
    super()
    const inChannels = options.dims[index]
    const outChannels = options.dims[index + 1]
    const second = { inChannels, outChannels, kernelSize: 1, init: convInit(options) }
    if (options.form === 'deploy') {
      this.conv = new Conv2d(second)
    } else if (options.deepTraining) {
      this.conv1 = convNorm({ ...second, outChannels: inChannels }, options)
      this.conv2 = convNorm(second, options)
    } else {
      this.conv0 = convNorm(second, options)
    }
    this.act = seriesActivation(outChannels, options)
    this.shortcut = options.shortcut
    this.copies = outChannels / inChannels
    this.stride = options.strides[index]
    this.adaPool = options.adaPool?.[index] ?? 0
  }

  override forward(x: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    const y = this.pool(this.project(x, options))
    if (this.shortcut === 'before') return this.act.forward(tf.add(y, this.identity(x)), options)
    const activated = this.act.forward(y, options)
    return this.shortcut === 'after' ? tf.add(activated, this.identity(x)) : activated
  }

  /** The input in the shape of the output: pooled alike, its channels repeated as a whole. */
  private identity(x: tf.Tensor4D): tf.Tensor4D {
    const pooled = this.pool(x)
    return this.copies === 1 ? pooled : tf.concat(Array(this.copies).fill(pooled), 3)
  }

  private project(x: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    if (this.conv1 && this.conv2) {
      return forwardPair(x, [this.conv1, this.conv2], options)
    }
    if (this.conv0) return normed(x, this.conv0, options)
    return this.conv!.forward(x)
  }

  private pool(x: tf.Tensor4D): tf.Tensor4D {
    if (this.stride === 1) return x
    if (this.adaPool > 0) return adaptiveMaxPool(x, this.adaPool)
    return tf.maxPool(x, this.stride, this.stride, 'valid')
  }

  /**
   * The pool and the ReLU are not crossed: the pair merges before the one, the kernel after the
   * other.
   */
  async mergeInto(deploy: Stage, multiply: MatrixProduct): Promise<void> {
    const merged =
      this.conv1 && this.conv2
        ? await mergePair([this.conv1, this.conv2], multiply)
        : foldBatchNorm(...this.conv0!)
    assignMerged(deploy.conv!, merged)
    this.act.mergeInto(deploy.act)
  }
}

function seriesActivation(
  channels: number,
  { actNum, form, normEval }: ResolvedOptions,
): SeriesActivation {
  return new SeriesActivation({ channels, actNum, form, normEval })
}

function convNorm(conv: Conv2dOptions, { normEval }: ResolvedOptions): ConvNorm {
  const channels = conv.outChannels
  return [new Conv2d(conv), new BatchNorm({ channels, eps: 1e-6, frozen: normEval })]
}

function convInit({ init }: ResolvedOptions) {
  return init === 'classification' ? truncatedNormal(0.02) : kaimingNormalFanOut()
}
