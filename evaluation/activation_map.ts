import { type Classifier, isClassifier } from '../classifiers/classifier.js'
import type { Rectangle } from '../datasets/pixels/rgb.js'
import type { Detector, PredictBatch } from '../detectors/detector.js'
import { isPyramidDetector } from '../detectors/pyramid_detector.js'
import { compile } from '../engine/compile.js'
import type { Compiled } from '../engine/compiled.js'
import { ConfigError } from '../errors.js'
import { floats, type HostTensor } from '../host_tensor.js'
import { atLambda } from '../nn/deep_training.js'
import type { ForwardOptions } from '../nn/module.js'
import { normalizeImages } from '../ops/normalize_images.js'
import * as tf from '../tf/tf.js'
import type { PredictOptions } from './predictor.js'

/** A batch of one image; how it was scaled does not matter. */
export type ActivationInputs = {
  [Key in Exclude<keyof PredictBatch, 'scaleFactors'>]: PredictBatch[Key]
}
export type ClassActivationInputs = ActivationInputs & {
  /** `[numClasses]`, 1 for the class that is asked for, else 0; see `classMask`. */
  classMask: tf.Tensor1D
}

/**
 * How strongly a backbone answers, place by place: the mean of the absolute values of all channels
 * of its last feature map, `[h, w]`.
 */
export function compileMeanActivation(
  model: Detector | Classifier,
  { lambda = 1, ...options }: PredictOptions = {},
): Compiled<ActivationInputs, tf.Tensor> {
  const { features } = explained(model)
  return compile(
    (inputs: ActivationInputs) => {
      const last = lastOf(features(inputs, atLambda(lambda)))
      return planeOf(tf.mean(tf.abs(last), 3))
    },
    { name: 'meanActivation', ...options },
  )
}

/**
 * Where a backbone sees what speaks for a class: a gradient-weighted class activation map of its
 * last feature map, `[h, w]`, 0 or more.
 *
 * Each channel is weighted by the mean, over all places, of the gradient of the class's evidence:
 * of the largest logit that any anchor gives it (RetinaNet), the largest lead of its logit over the
 * background's in any proposal (Mask R-CNN), or its logit (a classifier). What weighs against the
 * class is cut off.
 *
 * Source: Grad-CAM, arXiv:1610.02391, equations 1 and 2.
 */
export function compileClassActivation(
  model: Detector | Classifier,
  { lambda = 1, ...options }: PredictOptions = {},
): Compiled<ClassActivationInputs, tf.Tensor> {
  const { features, evidence } = explained(model)
  return compile(
    (inputs: ClassActivationInputs) => {
      const maps = features(inputs, atLambda(lambda))
      const last = lastOf(maps)
      const evidenceOf = (x: tf.Tensor) =>
        evidence([...maps.slice(0, -1), x as tf.Tensor4D], inputs, atLambda(lambda))
      const gradient = tf.grad(evidenceOf)(last) // [1, h, w, c]
      const weights = tf.mean(gradient, [1, 2], true) // [1, 1, 1, c]
      return planeOf(tf.relu(tf.sum(tf.mul(last, weights), 3)))
    },
    { name: 'classActivation', ...options },
  )
}

/** The class that is asked for, as `compileClassActivation` takes it. */
export function classMask(classIndex: number, numClasses: number): HostTensor {
  const mask = new Float32Array(numClasses)
  mask[classIndex] = 1
  return floats(mask, [numClasses])
}

/** Where a map lies. Sizes are `[height, width]`. */
export interface MapFrame {
  /** Size of the image in the input, without padding: the part of the map that is used. */
  inputSize: readonly [number, number]
  /** Input pixels that a cell of the map stands for, on a side. */
  stride: number
  /** Size of the image on disk. */
  imageSize: readonly [number, number]
  /** The part of the image that the input shows, image pixels. @default the whole image */
  part?: Rectangle
}

/**
 * An activation map stretched over its image: bilinear between the centres of its cells, then
 * shifted and scaled so that the lowest pixel is 0 and the highest is 1. A map of one value is 0
 * everywhere, and so is what of the image the input does not show.
 *
 * @param map `[h, w]`.
 * @returns `[height, width]` of the image on disk.
 */
export function stretchActivation(map: HostTensor, frame: MapFrame): Float32Array {
  const mapWidth = map.shape[1]
  const [height, width] = frame.imageSize
  const rows = placesAlong(0, frame, map)
  const columns = placesAlong(1, frame, map)
  const values = new Float32Array(height * width)
  const at = (row: number, { first, second, weight }: Place) =>
    map.data[row * mapWidth + first] * (1 - weight) + map.data[row * mapWidth + second] * weight
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const row of rows) {
    for (const column of columns) {
      const above = at(row.first, column) * (1 - row.weight)
      const value = above + at(row.second, column) * row.weight
      values[row.pixel * width + column.pixel] = value
      least = Math.min(least, value)
      most = Math.max(most, value)
    }
  }
  const range = most - least
  for (const { pixel: y } of rows) {
    for (const { pixel: x } of columns) {
      const place = y * width + x
      values[place] = range > 0 ? (values[place] - least) / range : 0
    }
  }
  return values
}

/** A pixel of the image, along one axis: two cells of a map and the weight of the second. */
interface Place {
  pixel: number
  first: number
  second: number
  weight: number
}

/**
 * Where the pixels of the image that the input shows fall on the map, along one axis; cells of
 * nothing but padding are left out.
 */
function placesAlong(axis: 0 | 1, frame: MapFrame, map: HostTensor): Place[] {
  const { inputSize, imageSize, stride, part } = frame
  const pixels = imageSize[axis]
  const [start, length] = part
    ? [
        [part.top, part.height],
        [part.left, part.width],
      ][axis]
    : [0, pixels]
  const cells = Math.min(Math.ceil(inputSize[axis] / stride), map.shape[axis])
  const cellsPerPixel = inputSize[axis] / length / stride
  const [first, end] = [start, start + length].map((edge) => {
    return Math.min(Math.max(Math.round(edge), 0), pixels)
  })
  return Array.from({ length: end - first }, (_, i) => {
    const pixel = first + i
    const place = Math.min(Math.max((pixel + 0.5 - start) * cellsPerPixel - 0.5, 0), cells - 1)
    const cell = Math.floor(place)
    return { pixel, first: cell, second: Math.min(cell + 1, cells - 1), weight: place - cell }
  })
}

/** The stride of the map that a model's activation maps have. */
export function activationStride(model: Detector | Classifier): number {
  return explained(model).stride
}

/** A model cut at the feature map that its activation maps show. */
interface Explained {
  /** Input pixels that a cell of the map stands for, on a side. */
  stride: number
  /** Feature maps, of which the last is shown. */
  features(inputs: ActivationInputs, options: ForwardOptions): tf.Tensor4D[]
  /** How much speaks for a class, computed from them. */
  evidence(
    features: tf.Tensor4D[],
    inputs: ClassActivationInputs,
    options: ForwardOptions,
  ): tf.Scalar
}

function explained(model: Detector | Classifier): Explained {
  if (isClassifier(model)) {
    return {
      stride: model.stride,
      features: ({ images }, options) => [model.features({ images }, options)],
      evidence: ([last], { classMask }, options) => model.classEvidence(last, classMask, options),
    }
  }
  if (isPyramidDetector(model)) {
    const { backbone, neck, pixels } = model
    return {
      stride: backbone.strides[backbone.strides.length - 1],
      features: ({ images, imageSizes }, options) =>
        backbone.forward(normalizeImages(images, imageSizes, pixels), options),
      evidence: (features, { imageSizes, classMask }) =>
        model.classEvidence(neck.forward(features), imageSizes, classMask),
    }
  }
  throw new ConfigError(
    'the detector',
    `is ${model.constructor.name}, whose evidence for a class is not known here`,
    'leave out the activation maps',
  )
}

function lastOf(features: tf.Tensor4D[]): tf.Tensor4D {
  return features[features.length - 1]
}

/** `[h, w]` of `[1, h, w]`. */
function planeOf(map: tf.Tensor): tf.Tensor {
  return tf.reshape(map, map.shape.slice(1))
}
