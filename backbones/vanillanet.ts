import { adaptiveMaxPool } from '../nn/adaptive_max_pool.js'
import { BatchNorm } from '../nn/batch_norm.js'
import { Conv2d, type Conv2dOptions, depthwise } from '../nn/conv2d.js'
import { dropout } from '../nn/dropout.js'
import { kaimingNormalFanOut, truncatedNormal, zeros } from '../nn/initializers.js'
import {
  assignMerged,
  foldBatchNorm,
  type MatrixProduct,
  mergePointwise,
  unmerged,
} from '../nn/merge_convolutions.js'
import { type ForwardOptions, Module } from '../nn/module.js'
import { Parameter } from '../nn/parameter.js'
import * as tf from '../tf/tf.js'
import { Backbone, type ClassifyingBackbone, type MergeableBackbone } from './backbone.js'
import {
  type ResolvedOptions,
  resolveOptions,
  type VanillaNetOptions,
} from './vanillanet_options.js'

type ConvNorm = [Conv2d, BatchNorm]

/**
 * VanillaNet: convolutions and pooling, with no shortcuts and no attention. While training, every
 * convolution is a pair with a LeakyReLU of slope lambda between; at lambda 1 each pair is linear
 * and merges into one convolution, the deploy form.
 *
 * Source: arXiv:2305.12972; structure and parameter names of its official repository.
 */
export class VanillaNet extends Backbone implements MergeableBackbone, ClassifyingBackbone {
  readonly stem1: ConvNorm | undefined
  readonly stem2: [Conv2d, BatchNorm, SeriesActivation] | undefined
  readonly stem: [Conv2d, SeriesActivation] | undefined
  readonly stages: Stage[]
  /** The original holds its pooling and dropout at 0 and 1, which have no parameters. */
  readonly cls1: [undefined, undefined, Conv2d, BatchNorm] | undefined
  readonly cls2: [Conv2d] | undefined
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
    const init = convInit(resolved)
    const width = dims[0]
    const stemGeometry = adaPool ? { stride: 3, padding: 1 } : { stride: 4 }
    const patches = { inChannels: 3, outChannels: width, kernelSize: 4, ...stemGeometry, init }
    if (form === 'train') {
      const mix = { inChannels: width, outChannels: width, kernelSize: 1, init }
      this.stem1 = convNorm(patches, resolved)
      this.stem2 = [...convNorm(mix, resolved), new SeriesActivation(width, resolved)]
    } else {
      this.stem = [new Conv2d(patches), new SeriesActivation(width, resolved)]
    }

    this.stages = strides.map((_, i) => new Stage(i, resolved))

    if (numClasses !== undefined) {
      const logits = {
        inChannels: dims[dims.length - 1],
        outChannels: numClasses,
        kernelSize: 1,
        init,
      }
      if (form === 'train') {
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
      x = this.cls2[0].forward(deepTraining(norm.forward(conv.forward(x), options), options))
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
    if (!this.stem1 || !this.stem2) {
      throw new Error(
        'VanillaNet.reparameterized: this is the deploy form; call it on the training form',
      )
    }
    const merged = new VanillaNet({ ...this.options, form: 'deploy' })
    const [mixConv, mixNorm, activation] = this.stem2
    const [stemConv, stemActivation] = merged.stem!
    const mix = foldBatchNorm(mixConv, mixNorm)
    assignMerged(stemConv, await mergePointwise(foldBatchNorm(...this.stem1), mix, multiply))
    activation.mergeInto(stemActivation)

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
    }
    return merged
  }

  /** The stem: `[n, h, w, 3]` to `[n, h / 4, w / 4, dims[0]]`. */
  private embed(images: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    if (this.stem1 && this.stem2) {
      const [conv1, norm1] = this.stem1
      const [conv2, norm2, activation] = this.stem2
      const x = deepTraining(norm1.forward(conv1.forward(images), options), options)
      return activation.forward(norm2.forward(conv2.forward(x), options), options)
    }
    const [conv, activation] = this.stem!
    return activation.forward(conv.forward(images), options)
  }
}

/** A pair of 1x1 convolutions (one in deploy form), max pooling, and the series activation. */
class Stage extends Module {
  readonly conv1: ConvNorm | undefined
  readonly conv2: ConvNorm | undefined
  readonly conv: Conv2d | undefined
  readonly act: SeriesActivation
  private readonly stride: number
  private readonly adaPool: number

  constructor(index: number, options: ResolvedOptions) {
    super()
    const inChannels = options.dims[index]
    const outChannels = options.dims[index + 1]
    const second = { inChannels, outChannels, kernelSize: 1, init: convInit(options) }
    if (options.form === 'train') {
      this.conv1 = convNorm({ ...second, outChannels: inChannels }, options)
      this.conv2 = convNorm(second, options)
    } else {
      this.conv = new Conv2d(second)
    }
    this.act = new SeriesActivation(outChannels, options)
    this.stride = options.strides[index]
    this.adaPool = options.adaPool?.[index] ?? 0
  }

  override forward(x: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    return this.act.forward(this.pool(this.project(x, options)), options)
  }

  private project(x: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    if (this.conv1 && this.conv2) {
      const [conv1, norm1] = this.conv1
      const [conv2, norm2] = this.conv2
      const hidden = deepTraining(norm1.forward(conv1.forward(x), options), options)
      return norm2.forward(conv2.forward(hidden), options)
    }
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
    const first = foldBatchNorm(...this.conv1!)
    const second = foldBatchNorm(...this.conv2!)
    assignMerged(deploy.conv!, await mergePointwise(first, second, multiply))
    this.act.mergeInto(deploy.act)
  }
}

/**
 * The series-informed activation as implemented: ReLU, then one `2 n + 1` square kernel a channel,
 * then BatchNorm. The shift inside the paper's ReLU is not there; the norm's is.
 */
class SeriesActivation extends Module {
  /** `[channels, 1, 2 n + 1, 2 n + 1]`. */
  readonly weight: Parameter
  readonly bn: BatchNorm | undefined
  readonly bias: Parameter | undefined
  private readonly actNum: number

  constructor(channels: number, options: ResolvedOptions) {
    super()
    const side = 2 * options.actNum + 1
    this.weight = new Parameter([channels, 1, side, side], truncatedNormal(0.02))
    if (options.form === 'train') this.bn = batchNorm(channels, options)
    else this.bias = new Parameter([channels], zeros())
    this.actNum = options.actNum
  }

  /** @param x `[n, h, w, channels]`; the result has its shape. */
  override forward(x: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
    const y = depthwise(tf.relu(x), this.weight, { stride: 1, padding: this.actNum })
    return this.bn ? this.bn.forward(y, options) : tf.add(y, this.bias!.value)
  }

  mergeInto(deploy: SeriesActivation): void {
    assignMerged(deploy, foldBatchNorm(this, this.bn!))
  }
}

/**
 * The activation of deep training, `(1 - lambda) relu(x) + lambda x`: a LeakyReLU of slope lambda.
 * PReLU is the one operation that takes its slope as a tensor.
 */
function deepTraining(x: tf.Tensor4D, { lambda }: ForwardOptions): tf.Tensor4D {
  return lambda === undefined ? x : (tf.prelu<tf.Tensor>(x, lambda) as tf.Tensor4D)
}

function convNorm(conv: Conv2dOptions, options: ResolvedOptions): ConvNorm {
  return [new Conv2d(conv), batchNorm(conv.outChannels, options)]
}

function batchNorm(channels: number, { normEval }: ResolvedOptions): BatchNorm {
  return new BatchNorm({ channels, eps: 1e-6, momentum: 0.1, frozen: normEval })
}

function convInit({ init }: ResolvedOptions) {
  return init === 'classification' ? truncatedNormal(0.02) : kaimingNormalFanOut()
}
