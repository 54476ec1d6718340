import type { Backbone } from '../backbones/backbone.js'
import type { Detector, PredictBatch } from '../detectors/detector.js'
import { isPyramidDetector, type PyramidDetector } from '../detectors/pyramid_detector.js'
import { compile } from '../engine/compile.js'
import type { Compiled } from '../engine/compiled.js'
import { ConfigError } from '../errors.js'
import { floats, type HostTensor } from '../host_tensor.js'
import { atLambda } from '../nn/deep_training.js'
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
  detector: Detector,
  { lambda = 1, ...options }: PredictOptions = {},
): Compiled<ActivationInputs, tf.Tensor> {
  const { backbone, pixels } = explained(detector)
  return compile(
    ({ images, imageSizes }: ActivationInputs) => {
      const features = backbone.forward(
        normalizeImages(images, imageSizes, pixels),
        atLambda(lambda),
      )
      return planeOf(tf.mean(tf.abs(lastOf(features)), 3))
    },
    { name: 'meanActivation', ...options },
  )
}

/**
 * Where a backbone sees what speaks for a class: a gradient-weighted class activation map of its
 * last feature map, `[h, w]`, 0 or more.
 *
 * Each channel is weighted by the mean, over all places, of the gradient of the class's evidence:
 * of the largest logit that any anchor gives it (RetinaNet), or the largest lead of its logit over
 * the background's in any proposal (Mask R-CNN). What weighs against the class is cut off.
 *
 * Source: Grad-CAM, arXiv:1610.02391, equations 1 and 2.
 */
export function compileClassActivation(
  detector: Detector,
  { lambda = 1, ...options }: PredictOptions = {},
): Compiled<ClassActivationInputs, tf.Tensor> {
  const model = explained(detector)
  return compile(
    ({ images, imageSizes, classMask }: ClassActivationInputs) => {
      const features = model.backbone.forward(
        normalizeImages(images, imageSizes, model.pixels),
        atLambda(lambda),
      )
      const last = lastOf(features)
      const evidenceOf = (x: tf.Tensor) => {
        const levels = model.neck.forward([...features.slice(0, -1), x as tf.Tensor4D])
        return model.classEvidence(levels, imageSizes, classMask)
      }
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
}

/**
 * An activation map stretched over its image: bilinear between the centres of its cells, then
 * shifted and scaled so that the lowest pixel is 0 and the highest is 1. A map of one value is 0
 * everywhere.
 *
 * @param map `[h, w]`.
 * @returns `[height, width]` of the image on disk.
 */
export function stretchActivation(map: HostTensor, frame: MapFrame): Float32Array {
  const mapWidth = map.shape[1]
  const [height, width] = frame.imageSize
  const rows = placesAlong(0, frame)
  const columns = placesAlong(1, frame)
  const values = new Float32Array(height * width)
  const at = (row: number, { first, second, weight }: Place) =>
    map.data[row * mapWidth + first] * (1 - weight) + map.data[row * mapWidth + second] * weight
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      const above = at(row.first, column) * (1 - row.weight)
      values[y * width + x] = above + at(row.second, column) * row.weight
    }
  }
  return fromZeroToOne(values)
}

/** Two cells of a map and the weight of the second. */
interface Place {
  first: number
  second: number
  weight: number
}

/**
 * Where each pixel of the image falls on the map, along one axis; cells of nothing but padding are
 * left out.
 */
function placesAlong(axis: 0 | 1, { inputSize, imageSize, stride }: MapFrame): Place[] {
  const pixels = imageSize[axis]
  const cells = Math.ceil(inputSize[axis] / stride)
  const cellsPerPixel = inputSize[axis] / pixels / stride
  return Array.from({ length: pixels }, (_, pixel) => {
    const place = Math.min(Math.max((pixel + 0.5) * cellsPerPixel - 0.5, 0), cells - 1)
    const first = Math.floor(place)
    return { first, second: Math.min(first + 1, cells - 1), weight: place - first }
  })
}

function fromZeroToOne(values: Float32Array): Float32Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  const range = most - least
  return values.map((value) => (range > 0 ? (value - least) / range : 0))
}

/** The stride of the map that a detector's activation maps have. */
export function activationStride(detector: Detector): number {
  const { strides }: Backbone = explained(detector).backbone
  return strides[strides.length - 1]
}

function explained(detector: Detector): PyramidDetector {
  if (isPyramidDetector(detector)) return detector
  throw new ConfigError(
    'the detector',
    `is ${detector.constructor.name}, whose evidence for a class is not known here`,
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
