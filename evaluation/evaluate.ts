import type { HostBatch } from '../datasets/batch.js'
import type { CocoDataset } from '../datasets/coco.js'
import { type EvalOptions, evalBatches } from '../datasets/loader.js'
import type { Detector, PredictBatch } from '../detectors/detector.js'
import { compile } from '../engine/compile.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import type { HostTree } from '../engine/tensors.js'
import { floats } from '../host_tensor.js'
import { atLambda } from '../nn/deep_training.js'
import { functionalCall } from '../nn/module.js'
import {
  type PerClassRow,
  perClassTable,
} from '../packages/pycocotools-js/source/analysis/per_class.js'
import { COCO } from '../packages/pycocotools-js/source/coco.js'
import { COCOeval } from '../packages/pycocotools-js/source/coco_eval.js'
import { STAT_NAMES } from '../packages/pycocotools-js/source/evaluate/summarize.js'
import type { CocoResult } from '../packages/pycocotools-js/source/types.js'
import type * as tf from '../tf/tf.js'
import { type CocoResults, cocoResults } from './coco_results.js'
import { uploadState } from './upload_state.js'

/** COCO's twelve numbers, by name; -1 where there is nothing to measure. */
export type Metrics = Record<
  'AP' | 'AP50' | 'AP75' | 'APs' | 'APm' | 'APl' | 'AR1' | 'AR10' | 'AR100' | 'ARs' | 'ARm' | 'ARl',
  number
>

/** Boxes, and masks of a detector that segments. */
export interface Evaluation {
  bbox: Metrics
  segm?: Metrics
  /** The same for each class of the data set, in the order of their ids. */
  perClass: { bbox: PerClassRow[]; segm?: PerClassRow[] }
  /** The numbers as tables to be read, a line each. */
  table: string[]
}

export interface EvaluateOptions extends EvalOptions {
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

/** Detects in every image of a data set and compares with its annotations. */
export async function evaluate(
  detector: Detector,
  options: EvaluateOptions,
): Promise<Evaluation & { results: CocoResults }> {
  const results = await detectAll(detector, options)
  return { ...evaluateResults(options.dataset, results), results }
}

/** The detections in every image of a data set, in the order of its images. */
export async function detectAll(
  detector: Detector,
  options: EvaluateOptions,
): Promise<CocoResults> {
  const { dataset, compute = {}, lambda = 1, signal, onProgress } = options
  const predict = compile(
    ({ state, batch }: { state: Record<string, tf.Tensor>; batch: PredictBatch }) => {
      const { result } = functionalCall(detector, state, () =>
        detector.predict(batch, atLambda(lambda)),
      )
      return { ...result }
    },
    { ...compute, name: 'predict', cacheSize: options.shapes },
  )
  const results: CocoResults = { bbox: [] }
  const state = uploadState(detector, compute)
  let done = 0
  try {
    for await (const batch of evalBatches(options, { reuse: true })) {
      signal?.throwIfAborted()
      const detections = await predict.run({ state, batch: predictTensors(batch) })
      const found = cocoResults(detections, batch, dataset.categoryIds)
      results.bbox.push(...found.bbox)
      if (found.segm) {
        results.segm ??= []
        results.segm.push(...found.segm)
      }
      done += batch.imageIds.length
      onProgress?.(done, dataset.samples.length)
    }
  } finally {
    await predict.dispose()
    for (const tensor of Object.values(state)) tensor.dispose()
  }
  return results
}

/** COCO evaluation over the images and classes of a data set. */
export function evaluateResults(dataset: CocoDataset, results: CocoResults): Evaluation {
  const bbox = evaluateOne(dataset, results.bbox, 'bbox')
  if (!results.segm) {
    return { bbox: bbox.metrics, perClass: { bbox: bbox.perClass }, table: bbox.table }
  }
  const segm = evaluateOne(dataset, results.segm, 'segm')
  return {
    bbox: bbox.metrics,
    segm: segm.metrics,
    perClass: { bbox: bbox.perClass, segm: segm.perClass },
    table: ['Boxes', ...bbox.table, 'Masks', ...segm.table],
  }
}

function evaluateOne(
  dataset: CocoDataset,
  results: readonly CocoResult[],
  iouType: 'bbox' | 'segm',
): { metrics: Metrics; perClass: PerClassRow[]; table: string[] } {
  const { groundTruth } = dataset
  const detections =
    results.length > 0
      ? groundTruth.loadRes(results)
      : new COCO({ ...groundTruth.dataset, annotations: [] }) // `loadRes` refuses an empty list
  const table: string[] = []
  const print = (line: string) => table.push(line)
  const warn = () => {} // what there is to warn of was noted when the file was read
  const evaluation = new COCOeval(groundTruth, detections, iouType, { print, warn })
  evaluation.params.catIds = [...dataset.categoryIds]
  evaluation.evaluate()
  evaluation.accumulate()
  const stats = evaluation.summarize()
  const metrics = STAT_NAMES.map((name, i) => [name, stats[i]] as const)
  return {
    metrics: Object.fromEntries(metrics) as Metrics,
    perClass: perClassTable(evaluation),
    table,
  }
}

function predictTensors({ tensors, scaleFactors }: HostBatch): HostTree<PredictBatch> {
  const { images, imageSizes } = tensors
  const factors = scaleFactors.flatMap(([x, y]) => [x, y, x, y])
  return { images, imageSizes, scaleFactors: floats(factors, [scaleFactors.length, 4]) }
}
