import { toTensor } from '../engine/tensors.js'
import { ConfigError } from '../errors.js'
import { Conv2d } from '../nn/conv2d.js'
import { normal } from '../nn/initializers.js'
import { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { type AnchorOptions, levelAnchors } from '../ops/anchors.js'
import { type AssignOptions, assignByMaxIou } from '../ops/assign.js'
import { binaryCrossEntropy } from '../ops/binary_cross_entropy.js'
import { encodeBoxes } from '../ops/box_coder.js'
import { fullPrecision } from '../ops/full_precision.js'
import { l1Loss } from '../ops/l1_loss.js'
import { anchorsBySide, matchedBoxes } from '../ops/matched_boxes.js'
import { type ProposalOptions, type Proposals, selectProposals } from '../ops/proposals.js'
import { type SampleOptions, samplePositivesAndNegatives } from '../ops/sample.js'
import { validAnchors } from '../ops/valid_anchors.js'
import * as tf from '../tf/tf.js'

export interface RPNHeadOptions {
  /** Channels of the feature maps. @default 256 */
  inChannels?: number
  /** Channels between the 3x3 convolution and the two 1x1 convolutions. @default 256 */
  featChannels?: number
  anchors?: RPNAnchorOptions
  /** @default { posIouThr: 0.7, negIouThr: 0.3, minPosIou: 0.3 } */
  assigner?: AssignOptions
  /** Anchors of each image that have a loss. @default { num: 256, posFraction: 0.5 } */
  sampler?: SampleOptions
  /** Proposals to train on. @default { nmsPre: 2000, iouThr: 0.7, maxPerImage: 1000 } */
  train?: Partial<ProposalOptions>
  /** Proposals to detect in. @default { nmsPre: 1000, iouThr: 0.7, maxPerImage: 1000 } */
  test?: Partial<ProposalOptions>
}

export interface RPNAnchorOptions {
  /** Input pixels between the cells of each feature map. @default [4, 8, 16, 32, 64] */
  strides?: number[]
  /** Sides of a square anchor, in strides. @default [8] */
  scales?: number[]
  /** Height over width of the anchors. @default [0.5, 1, 2] */
  ratios?: number[]
}

/** What the head computes from each of its feature maps, `k` anchors a cell. */
export interface RPNOutputs {
  /** `[n, h, w, k]`, logits of there being an object. */
  objectness: tf.Tensor4D[]
  /** `[n, h, w, k * 4]`, the anchor being the slow index. */
  boxDeltas: tf.Tensor4D[]
}

/** Ground truth, padded to `g` objects an image. */
export interface RPNTargets {
  /** `[n, g, 4]`, input pixels. */
  boxesXyxy: tf.Tensor3D
  /** `[n, g]` int32, -1 where padded; classes do not matter. */
  labels: tf.Tensor2D
  /**
   * `[n, 2]`, height and width of each image with its own padding: anchors centred past them are
   * unused.
   */
  paddedSizes: tf.Tensor2D
}

/** The frames of the images to propose in. */
export interface RPNFrames {
  /** `[n, 2]`, height and width without padding: boxes are clipped to them. */
  imageSizes: tf.Tensor2D
  /** Sizes as in `RPNTargets`. */
  paddedSizes: tf.Tensor2D
}

/**
 * A region proposal network: where in a pyramid there may be an object, of whatever class.
 *
 * Source: Faster R-CNN, arXiv:1506.01497; rules and names as mmdetection 2.x.
 */
export class RPNHead extends Module {
  readonly rpn_conv: Conv2d
  readonly rpn_cls: Conv2d
  readonly rpn_reg: Conv2d
  readonly anchors: AnchorOptions
  readonly assigner: AssignOptions
  readonly sampler: SampleOptions
  /** Which proposals are given to train on, and which to detect in. */
  readonly selection: Record<'train' | 'test', ProposalOptions>

  constructor(options: RPNHeadOptions = {}) {
    super()
    const { inChannels = 256, featChannels = 256 } = options
    this.anchors = {
      strides: options.anchors?.strides ?? [4, 8, 16, 32, 64],
      scales: options.anchors?.scales ?? [8],
      ratios: options.anchors?.ratios ?? [0.5, 1, 2],
    }
    this.assigner = options.assigner ?? { posIouThr: 0.7, negIouThr: 0.3, minPosIou: 0.3 }
    this.sampler = options.sampler ?? { num: 256, posFraction: 0.5 }
    this.selection = {
      train: { nmsPre: 2000, iouThr: 0.7, maxPerImage: 1000, ...options.train },
      test: { nmsPre: 1000, iouThr: 0.7, maxPerImage: 1000, ...options.test },
    }

    const k = this.anchors.scales.length * this.anchors.ratios.length
    this.rpn_conv = convolution(inChannels, featChannels, 3)
    this.rpn_cls = convolution(featChannels, k, 1)
    this.rpn_reg = convolution(featChannels, k * 4, 1)
  }

  /** Kernels before a ReLU that mmdetection calls as a function, which its counter does not see. */
  get functionalRelus(): Parameter[] {
    return [this.rpn_conv.weight]
  }

  /** @param features `[n, h, w, inChannels]` for each of `anchors.strides`. */
  override forward(features: tf.Tensor4D[]): RPNOutputs {
    const levels = this.anchors.strides.length
    if (features.length !== levels) {
      throw new ConfigError(
        'anchors.strides',
        `has ${levels} values, but the neck gives ${features.length} feature maps`,
        'give one stride for each map',
      )
    }
    const hidden = features.map((x) => tf.relu(this.rpn_conv.forward(x)))
    return {
      objectness: hidden.map((x) => fullPrecision(this.rpn_cls.forward(x))),
      boxDeltas: hidden.map((x) => fullPrecision(this.rpn_reg.forward(x))),
    }
  }

  /** Anchors of all levels together: the columns of the noise that `loss` takes. */
  anchorCount(featureSizes: readonly (readonly [number, number])[]): number {
    return this.anchorCounts(featureSizes).reduce((sum, count) => sum + count, 0)
  }

  /**
   * Binary cross-entropy over the sampled anchors, and L1 loss over the deltas of those that have
   * an object, both divided by the number of sampled anchors (at least 1 with and 1 without, an
   * image).
   *
   * @param noise `[n, a]`, uniform in [0, 1]: which anchors are sampled.
   * @returns besides the losses, `rpn_pos`: how many sampled anchors of the batch have an object.
   */
  loss(
    { objectness, boxDeltas }: RPNOutputs,
    targets: RPNTargets,
    noise: tf.Tensor2D,
  ): { loss_rpn_cls: tf.Scalar; loss_rpn_bbox: tf.Scalar; rpn_pos: tf.Scalar } {
    const featureSizes = sizesOf(objectness)
    const { positives, negatives, deltas } = this.anchorTargets(featureSizes, targets, noise)
    const atLeastOne = (weights: tf.Tensor2D) => tf.sum(tf.maximum(tf.sum(weights, 1), 1))
    const sampleCount = tf.add(atLeastOne(positives), atLeastOne(negatives))

    // The maps are left where they lie, and the targets are cut to fit them.
    const counts = this.anchorCounts(featureSizes)
    const sampled = tf.split(tf.add(positives, negatives), counts, 1) // [n, l] each
    const isObject = tf.split(positives, counts, 1)
    const wanted = tf.split(deltas, counts, 1) // [n, l, 4] each
    let [classLoss, boxLoss]: tf.Tensor[] = [tf.scalar(0), tf.scalar(0)]
    for (const [level, logits] of objectness.entries()) {
      const cells = logits.shape // n, h, w, k
      const toCells = (perAnchor: tf.Tensor) => tf.reshape(perAnchor, cells)
      const targets = toCells(isObject[level])
      classLoss = tf.add(classLoss, binaryCrossEntropy(logits, targets, toCells(sampled[level])))

      const sides = [...cells, 4]
      const predicted = tf.reshape(boxDeltas[level], sides)
      const weights = tf.expandDims(targets, 4) // n, h, w, k, 1
      boxLoss = tf.add(boxLoss, l1Loss(predicted, tf.reshape(wanted[level], sides), weights))
    }
    return {
      loss_rpn_cls: tf.div(classLoss, sampleCount),
      loss_rpn_bbox: tf.div(boxLoss, sampleCount),
      rpn_pos: tf.sum(positives),
    }
  }

  /**
   * What every anchor of every image is to predict, and which of them are sampled.
   *
   * @param featureSizes `[height, width]` of each level in cells.
   * @param noise as `loss` takes it.
   * @returns `positives` and `negatives` `[n, a]`, 1 where sampled; `deltas` `[n, a, 4]`, 0 for
   *   anchors without an object.
   */
  anchorTargets(
    featureSizes: [number, number][],
    { boxesXyxy, labels, paddedSizes }: RPNTargets,
    noise: tf.Tensor2D,
  ): { positives: tf.Tensor2D; negatives: tf.Tensor2D; deltas: tf.Tensor3D } {
    const anchors = anchorsBySide(featureSizes, this.anchors)
    const [imageCount, boxCount] = labels.shape
    checkNoise(noise.shape, [imageCount, anchors.shape[0]])
    // [n, a]
    const validOfLevels = tf.concat(validAnchors(featureSizes, paddedSizes, this.anchors), 1)
    const valid = tf.split(validOfLevels, imageCount, 0) // [1, a] each
    const boxesOf = tf.split(boxesXyxy, imageCount, 0) // [1, g, 4] each
    const labelsOf = tf.split(labels, imageCount, 0) // [1, g] each

    // Image by image: the [g, a] tables of one image at a time are large enough.
    const images = boxesOf.map((imageBoxes, image) => {
      const targets = {
        boxesXyxy: tf.reshape(imageBoxes, [boxCount, 4]) as tf.Tensor2D,
        labels: tf.reshape(labelsOf[image], [boxCount]) as tf.Tensor1D,
      }
      const isValid = tf.reshape(valid[image], [-1]) as tf.Tensor1D
      const { matches } = assignByMaxIou(anchors, isValid, targets, this.assigner)
      const matched = matchedBoxes(anchors, targets.boxesXyxy, matches)
      return { matches, deltas: encodeBoxes(anchors, matched) }
    })
    const matches = tf.stack(images.map((image) => image.matches)) as tf.Tensor2D
    return {
      ...samplePositivesAndNegatives(matches, noise, this.sampler),
      deltas: tf.stack(images.map((image) => image.deltas)) as tf.Tensor3D,
    }
  }

  /**
   * The places of each image that are worth a second look; without a gradient.
   *
   * To train on, anchors on the padding that came with the batch are candidates too, as in
   * mmdetection 2.x: what they propose is clipped to the image. To detect in, an image's own
   * padding is all it has, so that its detections do not depend on what it is batched with;
   * mmdetection tests with one image a batch.
   */
  proposals(
    { objectness, boxDeltas }: RPNOutputs,
    { imageSizes, paddedSizes }: RPNFrames,
    mode: 'train' | 'test',
  ): Proposals {
    const featureSizes = sizesOf(objectness)
    const imageCount = imageSizes.shape[0]
    const searched = mode === 'train' ? largestSizes(paddedSizes) : paddedSizes
    const valid = validAnchors(featureSizes, searched, this.anchors)
    const levels = objectness.map((map, level) => ({
      logits: tf.reshape(map, [imageCount, -1]) as tf.Tensor2D,
      deltas: tf.reshape(boxDeltas[level], [imageCount, -1, 4]) as tf.Tensor3D,
      anchorsXyxy: toTensor(levelAnchors(featureSizes[level], level, this.anchors)) as tf.Tensor2D,
      valid: valid[level],
    }))
    return selectProposals(levels, imageSizes, this.selection[mode])
  }

  private anchorCounts(featureSizes: readonly (readonly [number, number])[]): number[] {
    const { scales, ratios } = this.anchors
    return featureSizes.map(([height, width]) => height * width * scales.length * ratios.length)
  }
}

function convolution(inChannels: number, outChannels: number, kernelSize: 1 | 3): Conv2d {
  const padding = (kernelSize - 1) / 2
  return new Conv2d({ inChannels, outChannels, kernelSize, padding, init: normal(0.01) })
}

function sizesOf(maps: tf.Tensor4D[]): [number, number][] {
  return maps.map((map) => [map.shape[1], map.shape[2]])
}

/**
 * The size that holds all images of the batch, for each of them; what is beyond is no image's
 * padding.
 */
function largestSizes(paddedSizes: tf.Tensor2D): tf.Tensor2D {
  return tf.tile(tf.max(paddedSizes, 0, true) as tf.Tensor2D, [paddedSizes.shape[0], 1])
}

function checkNoise(shape: number[], wanted: [number, number]): void {
  if (shape[0] === wanted[0] && shape[1] === wanted[1]) return
  throw new Error(
    `RPNHead.loss: noise has shape [${shape.join(', ')}]; ` +
      `give a number for each anchor of each image, [${wanted.join(', ')}]`,
  )
}
