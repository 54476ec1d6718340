import { type HostTree, type RunTree, toTensor } from '../engine/tensors.js'
import { ConfigError } from '../errors.js'
import { Conv2d } from '../nn/conv2d.js'
import { constant, normal } from '../nn/initializers.js'
import { Module } from '../nn/module.js'
import { type AnchorOptions, levelAnchors, octaveScales } from '../ops/anchors.js'
import { type AssignOptions, assignByMaxIou } from '../ops/assign.js'
import { clipBoxes, decodeBoxes, encodeBoxes } from '../ops/box_coder.js'
import { largestThatCounts, logitsOfClass } from '../ops/class_evidence.js'
import { type FocalLossOptions, sigmoidFocalLoss } from '../ops/focal_loss.js'
import { fullPrecision } from '../ops/full_precision.js'
import { l1Loss } from '../ops/l1_loss.js'
import { anchorsBySide, matchedBoxes } from '../ops/matched_boxes.js'
import { multiclassNms, type NmsOptions } from '../ops/nms/nms.js'
import { validAnchors } from '../ops/valid_anchors.js'
import * as tf from '../tf/tf.js'
import {
  type DenseDetections,
  type DenseFrames,
  DenseHead,
  type DenseTargets,
} from './dense_head.js'
import { anchorOutputs } from './scene/anchor_outputs.js'
import { repeatImages, sizesOf } from './scene/repeat_images.js'
import type { SceneObject } from './scene/scene_objects.js'

/** Probability that an untrained head assigns to any class anywhere. */
const PRIOR_PROBABILITY = 0.01
/** Anchors that see an object of a scene: nine stand in each cell. */
const ANCHORS_PER_OBJECT = 12

export interface RetinaHeadOptions {
  numClasses: number
  /** Channels of the feature maps. @default 256 */
  inChannels?: number
  /** Channels inside the two towers. @default 256 */
  featChannels?: number
  /** 3x3 convolutions of each tower before its output convolution. @default 4 */
  stackedConvs?: number
  anchors?: RetinaAnchorOptions
  /** @default { posIouThr: 0.5, negIouThr: 0.4, minPosIou: 0 } */
  assigner?: AssignOptions
  /** @default { alpha: 0.25, gamma: 2 } */
  focalLoss?: FocalLossOptions
  test?: RetinaTestOptions
}

export interface RetinaAnchorOptions {
  /** Input pixels between the cells of each feature map. @default [8, 16, 32, 64, 128] */
  strides?: number[]
  /** Side of the smallest anchor, in strides. @default 4 */
  octaveBaseScale?: number
  /** Sizes of anchors in each cell, spread over one octave. @default 3 */
  scalesPerOctave?: number
  /** Height over width of the anchors. @default [0.5, 1, 2] */
  ratios?: number[]
}

export interface RetinaTestOptions extends Partial<NmsOptions> {
  /** Anchors of each level that are decoded, best first. @default 1000 */
  nmsPre?: number
  /** Lowest score, exclusive. @default 0.05 */
  scoreThr?: number
  /** Highest IoU of two detections of one class. @default 0.5 */
  iouThr?: number
  /** @default 100 */
  maxPerImage?: number
}

/** What the head computes from each of its feature maps, `k` anchors a cell. */
export type RetinaOutputs = {
  /** `[n, h, w, k * numClasses]`, the anchor being the slow index. */
  classLogits: tf.Tensor4D[]
  /** `[n, h, w, k * 4]`, the anchor being the slow index. */
  boxDeltas: tf.Tensor4D[]
}

/**
 * Classes and boxes for every anchor of a pyramid, from two towers that all levels share.
 *
 * Source: Focal Loss for Dense Object Detection, arXiv:1708.02002; rules and names as mmdetection
 * 2.x.
 */
export class RetinaHead extends DenseHead<RetinaOutputs> {
  readonly cls_convs: ConvModule[]
  readonly reg_convs: ConvModule[]
  readonly retina_cls: Conv2d
  readonly retina_reg: Conv2d
  readonly numClasses: number
  readonly anchors: AnchorOptions
  readonly assigner: AssignOptions
  readonly focalLoss: FocalLossOptions
  readonly test: Required<RetinaTestOptions>

  constructor(options: RetinaHeadOptions) {
    super()
    const { numClasses, inChannels = 256, featChannels = 256, stackedConvs = 4 } = options
    const anchors = options.anchors ?? {}
    this.numClasses = numClasses
    this.anchors = {
      strides: anchors.strides ?? [8, 16, 32, 64, 128],
      scales: octaveScales(anchors.octaveBaseScale ?? 4, anchors.scalesPerOctave ?? 3),
      ratios: anchors.ratios ?? [0.5, 1, 2],
    }
    this.assigner = options.assigner ?? { posIouThr: 0.5, negIouThr: 0.4, minPosIou: 0 }
    this.focalLoss = options.focalLoss ?? {}
    this.test = { nmsPre: 1000, scoreThr: 0.05, iouThr: 0.5, maxPerImage: 100, ...options.test }

    const tower = () =>
      Array.from(
        { length: stackedConvs },
        (_, i) => new ConvModule(i === 0 ? inChannels : featChannels, featChannels),
      )
    const last = stackedConvs === 0 ? inChannels : featChannels
    const anchorsPerCell = this.anchors.scales.length * this.anchors.ratios.length
    this.cls_convs = tower()
    this.reg_convs = tower()
    const logitOfPrior = -Math.log((1 - PRIOR_PROBABILITY) / PRIOR_PROBABILITY)
    this.retina_cls = conv3x3(last, anchorsPerCell * numClasses, logitOfPrior)
    this.retina_reg = conv3x3(last, anchorsPerCell * 4)
  }

  override get settings(): Record<string, unknown> {
    return { anchors: this.anchors, test: this.test }
  }

  /** @param features `[n, h, w, inChannels]` for each of `anchors.strides`. */
  override forward(features: tf.Tensor4D[]): RetinaOutputs {
    const levels = this.anchors.strides.length
    if (features.length !== levels) {
      throw new ConfigError(
        'anchors.strides',
        `has ${levels} values, but the neck gives ${features.length} feature maps`,
        'give one stride for each map',
      )
    }
    const through = (tower: ConvModule[], feature: tf.Tensor4D) =>
      tower.reduce((x, conv) => conv.forward(x), feature)
    return {
      classLogits: features.map((x) => this.retina_cls.forward(through(this.cls_convs, x))),
      boxDeltas: features.map((x) => this.retina_reg.forward(through(this.reg_convs, x))),
    }
  }

  /**
   * Focal loss over every anchor that is not ignored, and L1 loss over the deltas of those that
   * have an object, each divided by the number of such anchors (at least 1 an image).
   */
  override loss(
    { classLogits, boxDeltas }: RetinaOutputs,
    targets: DenseTargets,
  ): { loss_cls: tf.Scalar; loss_bbox: tf.Scalar } {
    const { labels, deltas } = this.anchorTargets(sizesOf(classLogits), targets)
    const isPositive = tf.cast(tf.greaterEqual(labels, 0), 'float32') as tf.Tensor2D // [n, a]
    const positiveCount = tf.sum(tf.maximum(tf.sum(isPositive, 1), 1))

    // The towers' outputs are large, so they are left where they are and the targets are cut to fit
    // them.
    let [classLoss, boxLoss]: tf.Tensor[] = [tf.scalar(0), tf.scalar(0)]
    let from = 0
    for (const [level, levelLogits] of classLogits.entries()) {
      const [count, height, width, channels] = levelLogits.shape
      const cells = [count, height, width, channels / this.numClasses] // n, h, w, k
      const anchorCount = height * width * cells[3]
      const ofLevel = (perAnchor: tf.Tensor2D) => tf.slice(perAnchor, [0, from], [-1, anchorCount])

      const logits = tf.reshape(fullPrecision(levelLogits), [...cells, this.numClasses])
      const levelLabels = tf.reshape(ofLevel(labels), cells)
      classLoss = tf.add(classLoss, sigmoidFocalLoss(logits, levelLabels, this.focalLoss))

      const predicted = tf.reshape(fullPrecision(boxDeltas[level]), [count, anchorCount, 4])
      const wanted = tf.slice(deltas, [0, from, 0], [-1, anchorCount, -1])
      const weights = tf.expandDims(ofLevel(isPositive), -1) // [n, anchorCount, 1]
      boxLoss = tf.add(boxLoss, l1Loss(predicted, wanted, weights))
      from += anchorCount
    }
    return {
      loss_cls: tf.div(classLoss, positiveCount),
      loss_bbox: tf.div(boxLoss, positiveCount),
    }
  }

  /**
   * What every anchor of every image is to predict.
   *
   * @param featureSizes `[height, width]` of each level in cells.
   * @returns `labels` `[n, a]` int32 as `assignByMaxIou` returns them; `deltas` `[n, a, 4]`, 0 for
   *   anchors without an object.
   */
  anchorTargets(
    featureSizes: [number, number][],
    { boxesXyxy, labels, paddedSizes }: DenseTargets,
  ): { labels: tf.Tensor2D; deltas: tf.Tensor3D } {
    const anchors = anchorsBySide(featureSizes, this.anchors) // [a, 4]
    const [imageCount, boxCount] = labels.shape
    // [n, a]
    const validOfLevels = tf.concat(validAnchors(featureSizes, paddedSizes, this.anchors), 1)
    const valid = tf.split(validOfLevels, imageCount, 0) // [1, a] each
    const boxesOf = tf.split(boxesXyxy, imageCount, 0) // [1, g, 4] each
    const labelsOf = tf.split(labels, imageCount, 0) // [1, g] each

    // Image by image: the [g, a] tables of one image at a time are large enough.
    const rows = boxesOf.map((imageBoxes, image) => {
      const targets = {
        boxesXyxy: tf.reshape(imageBoxes, [boxCount, 4]) as tf.Tensor2D,
        labels: tf.reshape(labelsOf[image], [boxCount]) as tf.Tensor1D,
      }
      const isValid = tf.reshape(valid[image], [-1]) as tf.Tensor1D
      const assignment = assignByMaxIou(anchors, isValid, targets, this.assigner)
      const matched = matchedBoxes(anchors, targets.boxesXyxy, assignment.matches)
      return { labels: assignment.labels, deltas: encodeBoxes(anchors, matched) }
    })
    return {
      labels: tf.concat(rows.map((row) => tf.expandDims(row.labels, 0))) as tf.Tensor2D,
      deltas: tf.concat(rows.map((row) => tf.expandDims(row.deltas, 0))) as tf.Tensor3D,
    }
  }

  /**
   * The detections of each image: best anchors of each level, decoded, clipped, rescaled,
   * suppressed.
   */
  override predict(
    { classLogits, boxDeltas }: RetinaOutputs,
    { imageSizes, paddedSizes, scaleFactors }: DenseFrames,
  ): DenseDetections {
    const featureSizes = sizesOf(classLogits)
    const imageCount = imageSizes.shape[0]
    const valid = validAnchors(featureSizes, paddedSizes, this.anchors)
    const levels = classLogits.map((logits, level) => {
      const anchors = toTensor(levelAnchors(featureSizes[level], level, this.anchors)) // [l, 4]
      const anchorCount = anchors.shape[0]
      const candidates = {
        logits: tf.reshape(logits, [imageCount, anchorCount, this.numClasses]),
        deltas: tf.reshape(boxDeltas[level], [imageCount, anchorCount, 4]),
        valid: tf.cast(valid[level], 'float32'),
      }
      return bestCandidates(candidates, anchors as tf.Tensor2D, this.test.nmsPre)
    })

    // From here on, b candidates of all levels.
    const joined = (part: keyof (typeof levels)[0]) =>
      tf.concat(
        levels.map((l) => l[part]),
        1,
      )
    const deltas = tf.reshape(fullPrecision(joined('deltas')), [-1, 4]) as tf.Tensor2D // [n b, 4]
    const anchors = tf.reshape(joined('anchors'), [-1, 4]) as tf.Tensor2D
    const decoded = tf.reshape(decodeBoxes(deltas, anchors), [imageCount, -1, 4]) as tf.Tensor3D
    const boxes = tf.div(clipBoxes(decoded, imageSizes), tf.expandDims(scaleFactors, 1))
    const probabilities = tf.sigmoid(fullPrecision(joined('logits'))) // [n, b, c]
    const scores = tf.mul(probabilities, tf.expandDims(joined('valid'), 2))
    return multiclassNms(
      boxes as tf.Tensor3D,
      tf.transpose(scores, [0, 2, 1]) as tf.Tensor3D,
      this.test,
    )
  }

  override classEvidence(
    { classLogits }: RetinaOutputs,
    paddedSizes: tf.Tensor2D,
    classMask: tf.Tensor1D,
  ): tf.Scalar {
    const valid = validAnchors(sizesOf(classLogits), paddedSizes, this.anchors) // [1, l] each
    const ofClass = classLogits.map((logits) => logitsOfClass(logits, classMask))
    return largestThatCounts(tf.concat(ofClass), tf.concat(valid, 1))
  }

  override sceneOutputs(
    objects: readonly SceneObject[],
    { classLogits, boxDeltas }: RunTree<RetinaOutputs>,
    { batch, seed }: { batch: number; seed: number },
  ): HostTree<RetinaOutputs> {
    const { logits, deltas } = anchorOutputs(objects, {
      featureSizes: sizesOf(classLogits),
      anchors: this.anchors,
      numClasses: this.numClasses,
      anchorsPerObject: ANCHORS_PER_OBJECT,
      seed,
    })
    return {
      classLogits: classLogits.map(({ shape }, i) => repeatImages(logits[i], batch, shape)),
      boxDeltas: boxDeltas.map(({ shape }, i) => repeatImages(deltas[i], batch, shape)),
    }
  }
}

/** A 3x3 convolution and ReLU; the convolution has the name that mmcv's `ConvModule` gives it. */
class ConvModule extends Module {
  readonly conv: Conv2d

  constructor(inChannels: number, outChannels: number) {
    super()
    this.conv = conv3x3(inChannels, outChannels)
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.conv.forward(x))
  }
}

function conv3x3(inChannels: number, outChannels: number, bias = 0): Conv2d {
  const [init, biasInit] = [normal(0.01), constant(bias)]
  return new Conv2d({ inChannels, outChannels, kernelSize: 3, padding: 1, init, biasInit })
}

interface Candidates {
  /** `[n, l, c]`. */
  logits: tf.Tensor
  /** `[n, l, 4]`. */
  deltas: tf.Tensor
  /** `[n, l]`, 1 or 0. */
  valid: tf.Tensor
}

/**
 * The `limit` anchors of a level with the highest logit of any class, or all if there are fewer.
 */
function bestCandidates(
  { logits, deltas, valid }: Candidates,
  anchors: tf.Tensor2D,
  limit: number,
): Candidates & { anchors: tf.Tensor } {
  const [imageCount, anchorCount] = valid.shape
  if (anchorCount <= limit) {
    const repeated = tf.tile(tf.expandDims(anchors, 0), [imageCount, 1, 1])
    return { logits, deltas, valid, anchors: repeated }
  }
  const invalidLast = tf.mul(tf.sub(valid, 1), 1e9) // 0, or -1e9
  const best = tf.add(tf.max(logits, 2), invalidLast) // [n, l]
  const { indices } = tf.topk(best, limit) // [n, limit]
  const firstRows = tf.tensor2d(
    Array.from({ length: imageCount }, (_, image) => [image * anchorCount]),
    [imageCount, 1],
    'int32',
  )
  const rows = tf.reshape(tf.add(indices, firstRows), [-1]) // [n limit]
  const pick = (values: tf.Tensor, width: number) =>
    tf.reshape(tf.gather(tf.reshape(values, [-1, width]), rows), [imageCount, limit, width])
  return {
    logits: pick(logits, logits.shape[2] as number),
    deltas: pick(deltas, 4),
    valid: tf.reshape(pick(valid, 1), [imageCount, limit]),
    anchors: tf.gather(anchors, indices), // [n, limit, 4]
  }
}
