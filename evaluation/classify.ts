import type { Classifier, ClassifyBatch } from '../classifiers/classifier.js'
import { type ClassEvalOptions, classEvalBatches } from '../datasets/classification/class_loader.js'
import { compile } from '../engine/compile.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import { atLambda } from '../nn/deep_training.js'
import { functionalCall } from '../nn/module.js'
import * as tf from '../tf/tf.js'
import { uploadState } from './upload_state.js'

/** As many classes are kept of each picture. */
const KEPT = 5

export interface ClassifyOptions extends ClassEvalOptions {
  /** @default ONNX Runtime, on the processor */
  compute?: ComputeOptions
  /**
   * Deep-training lambda that the weights were trained up to: `metadata.lambda` of their
   * checkpoint. Another one is another network. @default 1
   */
  lambda?: number
  /** Ends it between two batches where it aborts: the reason is thrown. */
  signal?: AbortSignal
  /** Called after each batch. */
  onProgress?(done: number, total: number): void
}

/** What a classifier answers for one picture. */
export interface Prediction {
  /** The best classes, at most five, by falling score. */
  labels: number[]
  /** Their scores, in [0, 1]. */
  scores: number[]
}

/**
 * Classifies all pictures of a data set, in its order. The scores of a picture with several crops
 * are their mean.
 */
export async function classifyAll(
  model: Classifier,
  options: ClassifyOptions,
): Promise<Prediction[]> {
  const { dataset, compute = {}, lambda = 1, testCrops = 1, signal, onProgress } = options
  const predict = compile(
    ({ state, batch }: { state: Record<string, tf.Tensor>; batch: ClassifyBatch }) => {
      const predictBatch = () => model.predict(batch, atLambda(lambda))
      const { scores } = functionalCall(model, state, predictBatch).result
      return { scores: testCrops === 1 ? scores : meanOfCrops(scores, testCrops) }
    },
    { ...compute, name: 'predict' },
  )
  const state = uploadState(model, compute)
  const predictions: Prediction[] = []
  try {
    for await (const { images, labels } of classEvalBatches(options)) {
      signal?.throwIfAborted()
      const { scores } = await predict.run({ state, batch: { images } })
      const [, numClasses] = scores.shape
      for (let i = 0; i < labels.length; i++) {
        predictions.push(bestClasses(scores.data.subarray(i * numClasses, (i + 1) * numClasses)))
      }
      onProgress?.(predictions.length, dataset.images.length)
    }
  } finally {
    await predict.dispose()
    for (const tensor of Object.values(state)) tensor.dispose()
  }
  return predictions
}

/** `[n * crops, numClasses]` to `[n, numClasses]`. */
function meanOfCrops(scores: tf.Tensor2D, crops: number): tf.Tensor2D {
  const [rows, numClasses] = scores.shape
  return tf.mean(tf.reshape(scores, [rows / crops, crops, numClasses]), 1)
}

/** The best classes of one row of scores, at most five; of equal ones the first. */
export function bestClasses(row: ArrayLike<number>): Prediction {
  const labels: number[] = []
  for (let label = 0; label < row.length; label++) {
    let place = labels.length
    while (place > 0 && row[labels[place - 1]] < row[label]) place--
    if (place >= KEPT) continue
    labels.splice(place, 0, label)
    if (labels.length > KEPT) labels.pop()
  }
  return { labels, scores: labels.map((label) => row[label]) }
}

/** Shares of pictures, in [0, 1]. */
export interface Accuracy {
  /** Whose class is the best one. */
  top1: number
  /** Whose class is among the five best; only where there are more than five classes. */
  top5?: number
}

/** One class of an evaluation. */
export interface ClassAccuracy extends Accuracy {
  name: string
  /** How many pictures it has. */
  pictures: number
  /** Share of its pictures among those that are taken for it; -1 where none is. */
  precision: number
}

export interface ClassificationEvaluation {
  accuracy: Accuracy
  /** By label. */
  perClass: ClassAccuracy[]
  /** `confusion[label][best]`: how many pictures of a class are taken for which. */
  confusion: number[][]
}

/** Compares predictions with the classes that pictures have. */
export function evaluateClasses(
  predictions: readonly Prediction[],
  labels: readonly number[],
  classes: readonly string[],
): ClassificationEvaluation {
  const confusion = classes.map(() => classes.map(() => 0))
  const inTop5 = classes.map(() => 0)
  for (const [i, label] of labels.entries()) {
    confusion[label][predictions[i].labels[0]]++
    if (predictions[i].labels.includes(label)) inTop5[label]++
  }
  const shares = (right: number, top5: number, count: number): Accuracy => ({
    top1: count === 0 ? -1 : right / count,
    ...(classes.length > KEPT && { top5: count === 0 ? -1 : top5 / count }),
  })
  const perClass = classes.map((name, label) => {
    const pictures = sum(confusion[label])
    const taken = sum(confusion.map((row) => row[label]))
    const right = confusion[label][label]
    const precision = taken === 0 ? -1 : right / taken
    return { name, pictures, ...shares(right, inTop5[label], pictures), precision }
  })
  const right = sum(classes.map((_, label) => confusion[label][label]))
  return { accuracy: shares(right, sum(inTop5), labels.length), perClass, confusion }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
