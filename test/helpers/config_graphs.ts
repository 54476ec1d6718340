import { rawOutputs } from '../../benchmark/raw_outputs.js'
import { isClassifier } from '../../classifiers/classifier.js'
import { isDetector, type PredictBatch } from '../../detectors/detector.js'
import type { Precision } from '../../engine/compute_options.js'
import type { Node } from '../../engine/trace/graph.js'
import { type Signature, trace } from '../../engine/trace/trace.js'
import { type HostDType, sizeOf } from '../../host_tensor.js'
import type { Module } from '../../nn/index.js'
import type { Config, TrainableModel } from '../../registry.js'
import type * as tf from '../../tf/tf.js'
import { makeOptimizer, makeTrainStep } from '../../training/index.js'
import type { StepInputs } from '../../training/step.js'

const OBJECTS = 3
const MASK_SIDE = 112

/** What a graph is traced for. */
export interface GraphOptions {
  precision: Precision
  /** Images in a batch. @default 2 */
  count?: number
  /** Height and width of the batch. @default [96, 128] */
  size?: readonly [number, number]
}

const signature = (dtype: HostDType, ...shape: number[]): Signature => ({ dtype, shape })
const floats = (...shape: number[]) => signature('float32', ...shape)

/** What a whole training step of a config is made of. */
export function trainingNodes(
  { optimizer, ema }: Config,
  model: TrainableModel,
  { precision, count = 2, size = [96, 128] }: GraphOptions,
): readonly Node[] {
  if (!optimizer) throw new Error('the config trains nothing')
  const named = model.namedParameters()
  const shapesOf = (trainable: boolean) =>
    Object.fromEntries(
      named.flatMap(([name, p]) => (p.trainable === trainable ? [[name, p.shape]] : [])),
    )
  const signaturesOf = (shapes: Record<string, readonly number[]>) =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, floats(...shape)]))
  const rule = makeOptimizer(optimizer, shapesOf(true))
  const [parameters, buffers] = [signaturesOf(shapesOf(true)), signaturesOf(shapesOf(false))]
  const images = [count, ...size, 3]
  const labels = isClassifier(model) ? [count] : [count, OBJECTS]
  const noise = model.noiseShapes({ images, labels })
  const step = makeTrainStep(model, {
    optimizer: rule,
    maxGradNorm: optimizer.maxGradNorm,
    emaDecay: ema?.decay,
  })
  const inputs = {
    state: {
      parameters,
      buffers,
      optimizer: Object.fromEntries(rule.slots.map((slot) => [slot, parameters])),
      ema: ema ? { ...parameters, ...buffers } : {},
    },
    batch: {
      images: signature('uint8', ...images),
      labels: signature('int32', ...labels),
      ...(isClassifier(model) ? mixed(images) : objects(model, count)),
      noise: signaturesOf(noise),
    },
    forward: { lambda: floats() }, // without it a part of the graph is missing
    groups: rule
      .scalars(1e-3, 1)
      .map((group) => Object.fromEntries(Object.keys(group).map((name) => [name, floats()]))),
    ...(precision === 'fp16' ? { lossScale: floats() } : {}),
  }
  return trace('trainStep', (tensors: StepInputs) => step(tensors), inputs, { precision }).nodes
}

/** What a detector's batch has beside images and labels. */
function objects({ needsMasks }: { needsMasks: boolean }, count: number) {
  const masks = {
    masks: signature('uint8', count, OBJECTS, MASK_SIDE, MASK_SIDE),
    maskFramesXyxy: floats(count, OBJECTS, 4),
  }
  return {
    imageSizes: floats(count, 2),
    boxesXyxy: floats(count, OBJECTS, 4),
    ...(needsMasks ? masks : {}),
  }
}

/** What a classifier's batch has beside images and labels. */
function mixed([count, ...shape]: readonly number[]) {
  return {
    erasing: { boxesXyxy: floats(count, 4), noise: floats(...shape) },
    mixing: { boxXyxy: floats(4), pixelShare: floats(), targetShare: floats() },
  }
}

/**
 * What the merged network and its detections are made of, with its weights as constants; a
 * classifier has only the network.
 */
export function deployNodes(
  model: Module,
  { precision, count = 2, size = [96, 128] }: GraphOptions,
): readonly Node[] {
  for (const [, parameter] of model.namedParameters()) {
    // All equal they would be kept as one number.
    parameter.data = new Float32Array(sizeOf(parameter.shape))
    parameter.data[0] = 1
  }
  const images = [count, ...size, 3]
  if (!isDetector(model)) {
    const forward = rawOutputs(model)
    const network = (batch: { images: tf.Tensor }) => forward(batch.images as tf.Tensor4D)
    return trace('network', network, { images: floats(...images) }, { precision }).nodes
  }
  const inputs = {
    images: signature('uint8', ...images),
    imageSizes: floats(count, 2),
    scaleFactors: floats(count, 4),
  }
  const predict = (batch: PredictBatch) => ({ ...model.predict(batch) })
  return trace('predict', predict, inputs, { precision }).nodes
}
