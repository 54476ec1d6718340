import { ConfigError } from '../errors.js'
import { adaptiveAveragePool } from '../nn/adaptive_average_pool.js'
import { ConvPair } from '../nn/conv_pair.js'
import { Conv2d } from '../nn/conv2d.js'
import { dropout } from '../nn/dropout.js'
import { uniform } from '../nn/initializers.js'
import { Linear } from '../nn/linear.js'
import { assignMerged, type MatrixProduct, unmerged } from '../nn/merge_convolutions.js'
import type { ForwardOptions } from '../nn/module.js'
import { SeriesActivation } from '../nn/series_activation.js'
import * as tf from '../tf/tf.js'
import { Backbone, type ClassifyingBackbone, type MergeableBackbone } from './backbone.js'

/**
 * The convolutions: each with its place in `features`, and whether max pooling follows, 3x3 with
 * stride 2. The activation has the next place.
 *
 * Source: torchvision's AlexNet, after arXiv:1404.5997.
 */
const STAGES = [
  { place: 0, window: { kernelSize: 11, stride: 4, padding: 2 }, isPooled: true },
  { place: 3, window: { kernelSize: 5, padding: 2 }, isPooled: true },
  { place: 6, window: { kernelSize: 3, padding: 1 }, isPooled: false },
  { place: 8, window: { kernelSize: 3, padding: 1 }, isPooled: false },
  { place: 10, window: { kernelSize: 3, padding: 1 }, isPooled: true },
] as const

/** Channels of the convolutions. Source: as of `STAGES`. */
const DIMS = [64, 192, 384, 256, 256]

/** Input pixels that a cell of each stage's output stands for, on a side. */
const STRIDES = [8, 16, 16, 16, 32]

/** Sides of images of which the poolings leave a cell. */
const LEAST_SIDE = 63

/** Side of the map that the classifier reads. */
const POOLED_SIDE = 6

export interface AlexNetOptions {
  /** Channels of the five convolutions. @default [64, 192, 384, 256, 256] */
  dims?: readonly number[]
  /** Width of the classifier's two hidden layers. @default 4096 */
  hiddenFeatures?: number
  /**
   * While training, each convolution is a pair with an activation between that fades out, as in
   * VanillaNet.
   *
   * @default false
   */
  deepTraining?: boolean
  /**
   * Order n of the series activation in place of the ReLU after each convolution, whose kernel is
   * `2 n + 1` wide; 0 keeps the ReLU.
   *
   * @default 0
   */
  series?: number
  /** Stages whose feature maps are returned, 0 to 4, shallow to deep. @default [4] */
  outIndices?: readonly number[]
  /** Deploy form has merged convolutions and no norms. @default 'train' */
  form?: 'train' | 'deploy'
  /** Adds the classifier. */
  numClasses?: number
  /** Dropout before each hidden layer of the classifier, in [0, 1). @default 0.5 */
  dropRate?: number
}

/** Options with everything filled in and checked. */
type ResolvedAlexNet = Required<Omit<AlexNetOptions, 'numClasses'>> &
  Pick<AlexNetOptions, 'numClasses'>

/**
 * AlexNet: five convolutions, three of them with pooling, and three linear layers. With
 * `deepTraining` and `series` it is trained by the two techniques of VanillaNet, and merged.
 *
 * Source: structure and parameter names of torchvision, which the plain and the merged form have.
 */
export class AlexNet extends Backbone implements MergeableBackbone, ClassifyingBackbone {
  /** Where torchvision has a ReLU or a pooling, there is nothing, or a series activation. */
  readonly features: (Conv2d | ConvPair | SeriesActivation | undefined)[]
  /** Linear layers at 1, 4 and 6; the original has its dropouts and ReLUs between. */
  readonly classifier:
    | readonly [undefined, Linear, undefined, undefined, Linear, undefined, Linear]
    | undefined

  readonly form: 'train' | 'deploy'
  readonly numClasses: number | undefined
  readonly outIndices: readonly number[]
  readonly outChannels: readonly number[]
  readonly strides: readonly number[]
  readonly lastStride = 32
  private readonly dropRate: number
  private readonly options: AlexNetOptions

  constructor(options: AlexNetOptions = {}) {
    super()
    const resolved = resolveAlexNet(options)
    const { dims, hiddenFeatures, numClasses, form, outIndices } = resolved
    this.features = []
    for (const i of STAGES.keys()) {
      const { place } = STAGES[i]
      this.features[place] = convolution(i, resolved)
      this.features[place + 1] = activation(dims[i], resolved)
    }
    if (numClasses !== undefined) {
      const features = dims[dims.length - 1] * POOLED_SIDE ** 2
      const [first, second] = [
        linear(features, hiddenFeatures),
        linear(hiddenFeatures, hiddenFeatures),
      ]
      const last = linear(hiddenFeatures, numClasses)
      this.classifier = [undefined, first, undefined, undefined, second, undefined, last]
    }
    this.form = form
    this.numClasses = numClasses
    this.dropRate = numClasses === undefined ? 0 : resolved.dropRate
    this.outIndices = outIndices
    this.outChannels = outIndices.map((i) => dims[i])
    this.strides = outIndices.map((i) => STRIDES[i])
    this.options = options
  }

  /** `dropout1` and `dropout2`: which inputs of the hidden layers are left out. */
  override noiseShapes(imageCount: number): Record<string, readonly number[]> {
    if (!this.classifier || this.dropRate === 0) return {}
    const [, first, , , second] = this.classifier
    return {
      dropout1: [imageCount, first.weight.shape[1]],
      dropout2: [imageCount, second.weight.shape[1]],
    }
  }

  /**
   * Without `options.lambda` the activation between paired convolutions is left out, as at lambda
   * 1.
   *
   * @param images `[n, h, w, 3]`, normalised RGB, sides of at least 63.
   * @returns the output of each stage in `outIndices`, after its pooling. Poolings have no padding
   *   and round down, so that sides are below `h / stride`: at 224 they are 27, 13, 13, 13 and 6.
   */
  override forward(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D[] {
    const features = this.stages(images, options)
    return this.outIndices.map((i) => features[i])
  }

  override rawOutputs(images: tf.Tensor4D): tf.Tensor4D[] | tf.Tensor2D {
    return this.classifier ? this.classify(images) : this.forward(images)
  }

  /**
   * @param images as for `forward`.
   * @returns logits `[n, numClasses]`.
   */
  classify(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor2D {
    return this.logits(this.lastFeatures(images, options), options)
  }

  lastFeatures(images: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor4D {
    const features = this.stages(images, options)
    return features[features.length - 1]
  }

  logits(features: tf.Tensor4D, options: ForwardOptions = {}): tf.Tensor2D {
    if (!this.classifier) {
      throw new Error('AlexNet.classify: there is no classifier; build it with numClasses')
    }
    const [, first, , , second, , last] = this.classifier
    const pooled = adaptiveAveragePool(features, POOLED_SIDE) // [n, 6, 6, dims.at(-1)]
    const [imageCount, , , channels] = pooled.shape
    // Channels first, as the original flattens them.
    const flat = tf.reshape(tf.transpose(pooled, [0, 3, 1, 2]), [
      imageCount,
      channels * POOLED_SIDE ** 2,
    ]) as tf.Tensor2D
    const hidden = tf.relu(first.forward(this.drop(flat, 'dropout1', options)))
    return last.forward(tf.relu(second.forward(this.drop(hidden, 'dropout2', options))))
  }

  async reparameterized(multiply: MatrixProduct): Promise<AlexNet> {
    if (this.form === 'deploy') {
      throw new Error(
        'AlexNet.reparameterized: this is the deploy form; call it on the training form',
      )
    }
    const merged = new AlexNet({ ...this.options, form: 'deploy' })
    for (const [place, layer] of this.features.entries()) {
      const deploy = merged.features[place]
      if (layer instanceof ConvPair) await layer.mergeInto(deploy as Conv2d, multiply)
      else if (layer instanceof Conv2d) assignMerged(deploy as Conv2d, unmerged(layer))
      else if (layer) layer.mergeInto(deploy as SeriesActivation)
    }
    for (const [place, layer] of (this.classifier ?? []).entries()) {
      if (!layer) continue
      const deploy = merged.classifier![place]!
      deploy.weight.data = layer.weight.data
      deploy.bias!.data = layer.bias!.data
    }
    return merged
  }

  /** The outputs of all stages. */
  private stages(images: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D[] {
    const [, height, width] = images.shape
    if (Math.min(height, width) < LEAST_SIDE) {
      throw new ConfigError(
        'AlexNet',
        `is given images of ${height} x ${width}, of which its poolings leave nothing`,
        `use sides of at least ${LEAST_SIDE} pixels`,
      )
    }
    let x = images
    return STAGES.map(({ place, isPooled }) => {
      x = this.features[place]!.forward(x, options)
      const series = this.features[place + 1]
      x = series ? series.forward(x, options) : tf.relu(x)
      if (isPooled) x = tf.maxPool(x, 3, 2, 'valid')
      return x
    })
  }

  private drop(
    x: tf.Tensor2D,
    name: 'dropout1' | 'dropout2',
    { training, noise }: ForwardOptions,
  ): tf.Tensor2D {
    if (!training || this.dropRate === 0) return x
    const values = noise?.[name]
    if (values) return dropout(x, values, this.dropRate)
    throw new Error(
      `AlexNet.classify: dropRate is above 0, but options.noise has no ${name}; draw noise of noiseShapes()`,
    )
  }
}

/** A convolution as PyTorch makes it, or the pair that is trained in its place. */
function convolution(
  index: number,
  { dims, deepTraining, form }: ResolvedAlexNet,
): Conv2d | ConvPair {
  const { window } = STAGES[index]
  const inChannels = index === 0 ? 3 : dims[index - 1]
  const bound = 1 / Math.sqrt(inChannels * window.kernelSize ** 2)
  const conv = {
    ...window,
    inChannels,
    outChannels: dims[index],
    biasInit: uniform(-bound, bound),
  }
  return deepTraining && form === 'train' ? new ConvPair(conv) : new Conv2d(conv)
}

/** Undefined stands for a ReLU. */
function activation(
  channels: number,
  { series, form }: ResolvedAlexNet,
): SeriesActivation | undefined {
  return series === 0 ? undefined : new SeriesActivation({ channels, actNum: series, form })
}

/** As PyTorch makes it. */
function linear(inFeatures: number, outFeatures: number): Linear {
  const bound = 1 / Math.sqrt(inFeatures)
  return new Linear({ inFeatures, outFeatures, biasInit: uniform(-bound, bound) })
}

/** Fills in the defaults, and refuses what cannot be built. */
function resolveAlexNet(options: AlexNetOptions): ResolvedAlexNet {
  const { dims = DIMS, hiddenFeatures = 4096, deepTraining = false, series = 0 } = options
  const { outIndices = [STAGES.length - 1], form = 'train', numClasses, dropRate = 0.5 } = options
  if (dims.length !== STAGES.length) {
    throw new ConfigError(
      'dims',
      `has ${dims.length} entries`,
      `give ${STAGES.length}, the channels of each convolution`,
    )
  }
  for (const [i, width] of dims.entries()) checkInteger(`dims[${i}]`, width, 1)
  checkInteger('hiddenFeatures', hiddenFeatures, 1)
  checkInteger('series', series, 0)
  if (numClasses !== undefined) checkInteger('numClasses', numClasses, 1)
  if (!(dropRate >= 0 && dropRate < 1)) {
    throw new ConfigError('dropRate', `is ${dropRate}`, 'use a number from 0 to below 1')
  }
  checkOutIndices(outIndices)
  return {
    dims,
    hiddenFeatures,
    deepTraining,
    series,
    outIndices,
    form,
    numClasses,
    dropRate,
  }
}

function checkOutIndices(outIndices: readonly number[]): void {
  if (outIndices.length === 0) {
    throw new ConfigError('outIndices', 'is empty', 'name at least one stage')
  }
  for (const [i, index] of outIndices.entries()) {
    if (!Number.isInteger(index) || index < 0 || index >= STAGES.length) {
      throw new ConfigError(
        `outIndices[${i}]`,
        `is ${index}, but AlexNet has ${STAGES.length} stages`,
        `use 0 to ${STAGES.length - 1}`,
      )
    }
    if (i > 0 && index <= outIndices[i - 1]) {
      throw new ConfigError(
        `outIndices[${i}]`,
        `is ${index} after ${outIndices[i - 1]}`,
        'list the stages from shallow to deep, each once',
      )
    }
  }
}

function checkInteger(key: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new ConfigError(key, `is ${value}`, `use a whole number of at least ${least}`)
}
