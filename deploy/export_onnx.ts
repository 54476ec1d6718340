import { type Backbone, isBackbone } from '../backbones/backbone.js'
import { type Classifier, isClassifier } from '../classifiers/classifier.js'
import { type Detector, isDetector } from '../detectors/detector.js'
import { toTensor } from '../engine/tensors.js'
import { type TracedFunction, trace, tracedOutputs } from '../engine/trace/trace.js'
import { ConfigError, TraceError } from '../errors.js'
import { wholeFrames } from '../evaluation/predictor.js'
import { replaceContent } from '../files/replace_file.js'
import type { HostDType } from '../host_tensor.js'
import { atLambda } from '../nn/deep_training.js'
import type { Module } from '../nn/module.js'
import * as tf from '../tf/tf.js'

/** `model`: images to detections or scores. `backbone`: normalised images to feature maps. */
export type ExportPart = 'model' | 'backbone'

export interface ExportOptions {
  /** @default 'model' */
  part?: ExportPart
  /** Height and width of the input, pixels; multiples of 32 keep all feature maps aligned. */
  shape: readonly [height: number, width: number]
  /** Images at a time. @default 1 */
  batch?: number
  /** Deep-training lambda that the weights were trained up to, which the file keeps. @default 1 */
  lambda?: number
  /** What the file holds beside its graph. @default nothing */
  metadata?: OnnxMetadata
}

/**
 * What whoever runs a file has to know of its model. Each is an entry of the file's
 * `metadata_props` under its key, its value as JSON.
 */
export interface OnnxMetadata {
  /** Names of the classes, by label. */
  classes?: readonly string[]
  /** Height and width of the input, pixels. */
  inputSize?: readonly [height: number, width: number]
  /** Mean of R, G and B, from 0 to 255. The `model` subtracts it itself. */
  pixelMean?: readonly number[]
  /** What the difference is divided by, also by the `model` itself. */
  pixelStd?: readonly number[]
  /**
   * Of a classifier, the input's side by that of the resized picture whose middle it is; 1 where
   * pictures are resized to the input.
   */
  testCropRatio?: number
}

/** An input or output of the file. */
export interface ExportedValue {
  name: string
  dtype: HostDType
  shape: readonly number[]
}

export interface ExportedFile {
  path: string
  part: ExportPart
  bytes: number
  inputs: ExportedValue[]
  outputs: ExportedValue[]
}

/** Inputs and outputs are records of tensors, whose keys the file shows. */
const PATHS_AS_NAMES = { input: (path: string) => path, output: (path: string) => path }

/**
 * Writes a self-contained ONNX file (opset 18) with the weights that `model` has now, in the form
 * it has now. The file appears whole or not at all.
 *
 * `model`: input `images` uint8 `[n, h, w, 3]`, RGB 0 to 255, resized; the whole input counts as
 * image, so pad with the mean colour (124, 116, 104), which is 0 when normalised; outputs `boxes`
 * `[n, k, 4]` `x1 y1 x2 y2`, input pixels, `scores` `[n, k]`, descending, `labels` `[n, k]` int32,
 * index into the classes, -1 where padded; of a detector that segments also `masks` `[n, k, m, m]`,
 * the probability of each part of the box to be of the object, to be stretched over the box. Of a
 * classifier the output is `scores` `[n, numClasses]`, the softmax of its logits.
 *
 * `backbone`: input `images` float32 `[n, 3, h, w]`, normalised RGB; outputs `feature_0`,
 * `feature_1`, ... `[n, c, h / stride, w / stride]`, shallow to deep.
 *
 * @param model a detector or a classifier; a backbone, or anything that has one, for `backbone`.
 */
export async function exportOnnx(
  model: Module,
  path: string,
  options: ExportOptions,
): Promise<ExportedFile> {
  const { part = 'model', lambda = 1, metadata = {} } = options
  const images = imagesOf(options)
  const record = part === 'model' ? traceModel : traceBackbone
  const recorded = record(model, images, lambda)
  const outputs = outputsOf(recorded)
  const file = recorded.encode(asJson(metadata))
  await replaceContent(path, file)
  return { path, part, bytes: file.byteLength, inputs: [images], outputs }
}

function asJson(metadata: OnnxMetadata): Record<string, string> {
  const entries = Object.entries(metadata).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries.map(([key, value]) => [key, JSON.stringify(value)]))
}

function imagesOf({ part = 'model', shape, batch = 1 }: ExportOptions): ExportedValue {
  const [height, width] = shape
  return part === 'model'
    ? { name: 'images', dtype: 'uint8', shape: [batch, height, width, 3] }
    : { name: 'images', dtype: 'float32', shape: [batch, 3, height, width] }
}

function traceModel(model: Module, images: ExportedValue, lambda: number): TracedFunction {
  if (isClassifier(model)) return traceClassifier(model, images, lambda)
  if (isDetector(model)) return traceDetector(model, images, lambda)
  throw noSuchPart('model', model)
}

function traceClassifier(model: Classifier, images: ExportedValue, lambda: number): TracedFunction {
  const classify = ({ images }: { images: tf.Tensor }) =>
    model.predict({ images: images as tf.Tensor4D }, atLambda(lambda))
  return trace('exportModel', classify, { images }, PATHS_AS_NAMES)
}

function traceDetector(model: Detector, images: ExportedValue, lambda: number): TracedFunction {
  const detect = ({ images }: { images: tf.Tensor }) => {
    const { imageSizes, scaleFactors } = wholeFrames(images.shape)
    const batch = {
      images: images as tf.Tensor4D,
      imageSizes: toTensor(imageSizes) as tf.Tensor2D,
      scaleFactors: toTensor(scaleFactors) as tf.Tensor2D,
    }
    const { boxesXyxy, scores, labels, masks } = model.predict(batch, atLambda(lambda))
    return { boxes: boxesXyxy, scores, labels, masks }
  }
  return trace('exportModel', detect, { images }, PATHS_AS_NAMES)
}

function traceBackbone(model: Module, images: ExportedValue, lambda: number): TracedFunction {
  const backbone = backboneOf(model)
  if (!backbone) throw noSuchPart('backbone', model)
  const extract = ({ images }: { images: tf.Tensor }) => {
    const features = backbone.forward(
      tf.transpose(images, [0, 2, 3, 1]) as tf.Tensor4D,
      atLambda(lambda),
    )
    const named = features.map(
      // [n, c, h, w]
      (feature, i) => [`feature_${i}`, tf.transpose(feature, [0, 3, 1, 2])] as const,
    )
    return Object.fromEntries(named)
  }
  return trace('exportBackbone', extract, { images }, PATHS_AS_NAMES)
}

function backboneOf(model: Module): Backbone | undefined {
  if (isBackbone(model)) return model
  if ('backbone' in model && isBackbone(model.backbone)) return model.backbone
  return undefined
}

function noSuchPart(part: ExportPart, model: Module): ConfigError {
  const { name } = model.constructor
  return part === 'model'
    ? new ConfigError(
        '--part',
        `is model, but ${name} neither detects nor classifies`,
        'use --part backbone',
      )
    : new ConfigError('--part', `is backbone, but ${name} has none`, 'use --part model')
}

function outputsOf(recorded: TracedFunction): ExportedValue[] {
  return tracedOutputs(recorded).map(({ path, leaf: { kind, dtype, shape } }) => {
    if (kind === 'computed') return { name: path, dtype, shape }
    const what = `output ${path} is not computed from the images`
    throw new TraceError(recorded.name, what, 'leave it out of the outputs')
  })
}
