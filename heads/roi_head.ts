import { ConfigError } from '../errors.js'
import { Module } from '../nn/module.js'
import type { AssignOptions } from '../ops/assign.js'
import { clipBoxes } from '../ops/box_coder.js'
import { maskTargets } from '../ops/mask_targets.js'
import { multiclassNms, type NmsOptions } from '../ops/nms/nms.js'
import type { Proposals } from '../ops/proposals.js'
import { roiAlign } from '../ops/roi_align/roi_align.js'
import { roiLevels } from '../ops/roi_levels.js'
import { type RoiTargets, sampleRois } from '../ops/roi_targets.js'
import type { SampleOptions } from '../ops/sample.js'
import * as tf from '../tf/tf.js'
import { BBoxHead, type BBoxHeadOptions, type BBoxOutputs } from './bbox_head.js'
import { MaskHead, type MaskHeadOptions } from './mask_head.js'

export interface RoIHeadOptions {
  numClasses: number
  /** Channels of the feature maps. @default 256 */
  inChannels?: number
  /** Where the features of a RoI come from. */
  extractor?: RoIExtractorOptions
  bbox?: Omit<BBoxHeadOptions, 'numClasses' | 'inChannels'>
  mask?: Omit<MaskHeadOptions, 'numClasses' | 'inChannels'>
  /** @default { posIouThr: 0.5, negIouThr: 0.5, minPosIou: 0.5 } */
  assigner?: AssignOptions
  /** RoIs of each image that are learned from. @default { num: 512, posFraction: 0.25 } */
  sampler?: SampleOptions
  /** @default { scoreThr: 0.05, iouThr: 0.5, maxPerImage: 100 } */
  test?: Partial<NmsOptions>
}

export interface RoIExtractorOptions {
  /**
   * Input pixels between the cells of the maps that are read, the first of the pyramid. @default
   * [4, 8, 16, 32]
   */
  strides?: number[]
  /**
   * RoIs of less than twice this side, in input pixels, are read from the finest map. @default 56
   */
  finestScale?: number
  /** Samples along each side of a cell of a RoI. @default 2 */
  samplingRatio?: number
}

/** Ground truth, padded to `g` objects an image, at least one. */
export interface RoIHeadTargets {
  /** `[n, g, 4]`, input pixels. */
  boxesXyxy: tf.Tensor3D
  /** `[n, g]` int32, -1 where padded. */
  labels: tf.Tensor2D
  /** `[n, g, m, m]`, how much of each part of an object's frame it covers, 0 to 255. */
  masks: tf.Tensor4D
  /** `[n, g, 4]`, the rectangle that each mask covers, input pixels. */
  maskFramesXyxy: tf.Tensor3D
  /** `[n, 2]`, height and width of each image with its own padding: what a whole mask covers. */
  canvas: tf.Tensor2D
}

/** The frames of the images to detect in. */
export interface RoIFrames {
  /** `[n, 2]`, height and width without padding: boxes are clipped to them. */
  imageSizes: tf.Tensor2D
  /** `[n, 4]`, boxes are divided by them. */
  scaleFactors: tf.Tensor2D
}

/** Detections of each image, by descending score. */
export interface RoIDetections {
  /** `[n, k, 4]`, input pixels divided by `scaleFactors`; 0 where padded. */
  boxesXyxy: tf.Tensor3D
  /** `[n, k]`; 0 where padded. */
  scores: tf.Tensor2D
  /** `[n, k]` int32; -1 where padded. */
  labels: tf.Tensor2D
  /**
   * `[n, k, s, s]`, the probability of each part of the box to be of the object; 0 where padded.
   */
  masks: tf.Tensor4D
}

/**
 * The second stage: class, box and mask of what is in each proposal.
 *
 * Source: Mask R-CNN, arXiv:1703.06870; rules and names as mmdetection 2.x's `StandardRoIHead`.
 */
export class RoIHead extends Module {
  readonly bbox_head: BBoxHead
  readonly mask_head: MaskHead
  readonly extractor: Required<RoIExtractorOptions>
  readonly assigner: AssignOptions
  readonly sampler: SampleOptions
  readonly test: NmsOptions

  constructor(options: RoIHeadOptions) {
    super()
    const { numClasses, inChannels = 256 } = options
    this.bbox_head = new BBoxHead({ numClasses, inChannels, ...options.bbox })
    this.mask_head = new MaskHead({ numClasses, inChannels, ...options.mask })
    this.extractor = {
      strides: [4, 8, 16, 32],
      finestScale: 56,
      samplingRatio: 2,
      ...options.extractor,
    }
    this.assigner = options.assigner ?? { posIouThr: 0.5, negIouThr: 0.5, minPosIou: 0.5 }
    this.sampler = options.sampler ?? { num: 512, posFraction: 0.25 }
    this.test = { scoreThr: 0.05, iouThr: 0.5, maxPerImage: 100, ...options.test }
  }

  /**
   * Classes and boxes for given RoIs.
   *
   * @param features `[n, h, w, inChannels]` for each of `extractor.strides`; coarser ones behind
   *   are not read.
   * @param roisXyxy `[n, r, 4]`, input pixels.
   * @returns `n * r` rows.
   */
  override forward(features: tf.Tensor4D[], roisXyxy: tf.Tensor3D): BBoxOutputs {
    return this.bbox_head.forward(this.extract(features, roisXyxy, this.bbox_head.roiSize))
  }

  /**
   * Losses of RoIs drawn from proposals and objects: `BBoxHead.loss` of all of them,
   * `MaskHead.loss` of the positives.
   *
   * @param noise `[n, g + k]`, in [0, 1), of `g` objects and then of `k` proposals: the choice
   *   among them.
   * @returns besides losses, `acc`, the share of RoIs classified right, and `roi_pos`, the number
   *   of positives.
   */
  loss(
    features: tf.Tensor4D[],
    proposals: Proposals,
    targets: RoIHeadTargets,
    noise: tf.Tensor2D,
  ): Record<'loss_cls' | 'loss_bbox' | 'loss_mask' | 'acc' | 'roi_pos', tf.Scalar> {
    const drawn = sampleRois(proposals, targets, noise, this)
    const boxLosses = this.bbox_head.loss(this.forward(features, drawn.roisXyxy), {
      roisXyxy: tf.reshape(drawn.roisXyxy, [-1, 4]),
      labels: tf.reshape(drawn.labels, [-1]),
      boxesXyxy: tf.reshape(drawn.boxesXyxy, [-1, 4]),
    })
    const isPositive = tf.greaterEqual(drawn.labels, tf.scalar(0, 'int32'))
    return {
      ...boxLosses,
      loss_mask: this.maskLoss(features, drawn, targets),
      roi_pos: tf.sum(tf.cast(isPositive, 'float32')),
    }
  }

  /**
   * The detections of each image: every class's box of every proposal, suppressed, then a mask for
   * each left.
   */
  predict(features: tf.Tensor4D[], proposals: Proposals, frames: RoIFrames): RoIDetections {
    const outputs = this.forward(features, proposals.boxesXyxy)
    const detections = this.detect(outputs, proposals, frames)
    const { boxesXyxy, labels } = detections
    const rois = tf.mul(boxesXyxy, tf.expandDims(frames.scaleFactors, 1)) as tf.Tensor3D
    const logits = this.mask_head.logitsOf(
      this.extract(features, rois, this.mask_head.roiSize),
      tf.reshape(labels, [-1]),
    ) // [n k, s, s]
    return { ...detections, masks: this.masks(logits, labels) }
  }

  /** Boxes to keep, from what `forward` made of all proposals. */
  detect(
    outputs: BBoxOutputs,
    { boxesXyxy: roisXyxy, scores: proposalScores }: Proposals,
    { imageSizes, scaleFactors }: RoIFrames,
  ): Omit<RoIDetections, 'masks'> {
    const [imageCount, roiCount] = proposalScores.shape
    const decoded = this.bbox_head.decode(outputs, tf.reshape(roisXyxy, [-1, 4]))
    const boxes = tf.reshape(decoded.boxesXyxy, [imageCount, -1, 4]) as tf.Tensor3D // [n, r c, 4]
    const ofImage = tf.div(clipBoxes(boxes, imageSizes), tf.expandDims(scaleFactors, 1))
    const isProposal = tf.cast(tf.greater(proposalScores, 0), 'float32') // [n, r]
    const scores = tf.mul(
      tf.reshape(decoded.scores, [imageCount, roiCount, -1]),
      tf.expandDims(isProposal, 2),
    ) // [n, r, c]
    return multiclassNms(
      tf.transpose(tf.reshape(ofImage, [imageCount, roiCount, -1, 4]), [0, 2, 1, 3]) as tf.Tensor4D,
      tf.transpose(scores, [0, 2, 1]) as tf.Tensor3D,
      this.test,
    )
  }

  /**
   * @param logits `[n k, s, s]`, of each detection's class.
   * @param labels `[n, k]` int32.
   * @returns `[n, k, s, s]`, probabilities; 0 where padded.
   */
  masks(logits: tf.Tensor3D, labels: tf.Tensor2D): tf.Tensor4D {
    const isDetection = tf.cast(tf.greaterEqual(labels, tf.scalar(0, 'int32')), 'float32')
    const masks = tf.mul(tf.sigmoid(logits), tf.reshape(isDetection, [-1, 1, 1]))
    const side = this.mask_head.maskSize
    return tf.reshape(masks, [...labels.shape, side, side])
  }

  /** Positives come first, so that the first rows of each image hold all of them. */
  private maskLoss(
    features: tf.Tensor4D[],
    { roisXyxy, labels, matches }: RoiTargets,
    { masks, maskFramesXyxy, canvas }: RoIHeadTargets,
  ): tf.Scalar {
    const { num, posFraction } = this.sampler
    // One without a loss, where none may be positive
    const count = Math.max(1, Math.floor(num * posFraction))
    const rois = tf.slice(roisXyxy, [0, 0, 0], [-1, count, -1])
    const wanted = maskTargets(
      { masks, framesXyxy: maskFramesXyxy, canvasSizes: canvas },
      rois,
      tf.slice(matches, [0, 0], [-1, count]),
      { size: this.mask_head.maskSize },
    )
    return this.mask_head.loss(
      this.extract(features, rois, this.mask_head.roiSize),
      tf.reshape(tf.slice(labels, [0, 0], [-1, count]), [-1]),
      wanted,
    )
  }

  /**
   * Features of RoIs, each from the map of its size: `[n * r, outputSize, outputSize, inChannels]`.
   */
  extract(features: tf.Tensor4D[], roisXyxy: tf.Tensor3D, outputSize: number): tf.Tensor4D {
    const { strides, finestScale, samplingRatio } = this.extractor
    if (features.length < strides.length) {
      throw new ConfigError(
        'extractor.strides',
        `has ${strides.length} values, but the neck gives ${features.length} feature maps`,
        'give a stride for each map to read',
      )
    }
    const levels = roiLevels(roisXyxy, { levels: strides.length, finestScale })
    const pyramid = { features: features.slice(0, strides.length), strides }
    return roiAlign(pyramid, roisXyxy, levels, { outputSize, samplingRatio })
  }
}
