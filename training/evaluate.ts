import type * as tf from '@tensorflow/tfjs'
import {
  type CocoDataset,
  type EvalOptions,
  evalBatches,
  type HostBatch,
} from '../datasets/index.js'
import type { Detections, Detector, PredictBatch } from '../detectors/index.js'
import { compile } from '../engine/compile.js'
import type { CompileOptions } from '../engine/compiled.js'
import { floats, type HostTensor, type HostTree } from '../engine/tensors.js'
import { functionalCall } from '../nn/index.js'
import { COCO, COCOeval, STAT_NAMES } from '../packages/pycocotools-js/source/index.js'

/** One entry of a COCO results file. */
export interface BoxResult {
  image_id: number | string
  category_id: number
  /** `x y width height`, pixels of the image on disk. */
  bbox: [number, number, number, number]
  score: number
}

/** COCO's twelve numbers, by name; -1 where there is nothing to measure. */
export type BoxMetrics = Record<
  'AP' | 'AP50' | 'AP75' | 'APs' | 'APm' | 'APl' | 'AR1' | 'AR10' | 'AR100' | 'ARs' | 'ARm' | 'ARl',
  number
>

export interface BoxEvaluation {
  bbox: BoxMetrics
  /** The same as a table to be read, a line each. */
  table: string[]
}

export interface EvaluateOptions extends EvalOptions {
  engine?: CompileOptions['engine']
  /** Called after each batch. */
  onProgress?(done: number, total: number): void
}

/** Detects in every image of a data set and compares with its annotations. */
export async function evaluate(
  detector: Detector,
  options: EvaluateOptions,
): Promise<BoxEvaluation & { results: BoxResult[] }> {
  const results = await detectAll(detector, options)
  return { ...evaluateBoxes(options.dataset, results), results }
}

/** The detections in every image of a data set, in the order of its images. */
export async function detectAll(
  detector: Detector,
  options: EvaluateOptions,
): Promise<BoxResult[]> {
  const { dataset, engine, onProgress } = options
  const state = stateOf(detector)
  const predict = compile(
    ({ state, batch }: { state: Record<string, tf.Tensor>; batch: PredictTensors }) => {
      const { result } = functionalCall(detector, state, () => detector.predict(batch))
      return { ...result }
    },
    { name: 'predict', engine },
  )
  const results: BoxResult[] = []
  let done = 0
  try {
    for await (const batch of evalBatches(options)) {
      const detections = await predict.run({ state, batch: predictTensors(batch) })
      results.push(...boxResults(detections, batch, dataset.categoryIds))
      done += batch.imageIds.length
      onProgress?.(done, dataset.samples.length)
    }
  } finally {
    await predict.dispose()
  }
  return results
}

/** COCO box evaluation over the images and classes of a data set. */
export function evaluateBoxes(dataset: CocoDataset, results: readonly BoxResult[]): BoxEvaluation {
  const { images, annotations, categories } = dataset.annotations
  const groundTruth = new COCO(
    {
      images: images.map((image) => ({ ...image })),
      annotations: annotations.map((annotation) => ({ ...annotation })),
      categories: categories.map((category) => ({ ...category })),
    },
    dataset.annFile,
  )
  const detections =
    results.length > 0
      ? groundTruth.loadRes(results.map((result) => ({ ...result })))
      : new COCO({ ...groundTruth.dataset, annotations: [] }) // `loadRes` refuses an empty list
  const table: string[] = []
  const print = (line: string) => table.push(line)
  const evaluation = new COCOeval(groundTruth, detections, 'bbox', { print })
  evaluation.params.catIds = [...dataset.categoryIds]
  evaluation.evaluate()
  evaluation.accumulate()
  const stats = evaluation.summarize()
  const metrics = STAT_NAMES.map((name, i) => [name, stats[i]] as const)
  return { bbox: Object.fromEntries(metrics) as BoxMetrics, table }
}

type PredictTensors = { [Key in keyof PredictBatch]: PredictBatch[Key] }

/** Parameters and buffers as host tensors: inputs of the graph, so that graphs of several sizes share them. */
function stateOf(detector: Detector): Record<string, HostTensor> {
  const named = detector.namedParameters()
  return Object.fromEntries(named.map(([name, { data, shape }]) => [name, floats(data, shape)]))
}

function predictTensors({ tensors, scaleFactors }: HostBatch): HostTree<PredictTensors> {
  const { images, imageSizes } = tensors
  const factors = scaleFactors.flatMap(([x, y]) => [x, y, x, y])
  return { images, imageSizes, scaleFactors: floats(factors, [scaleFactors.length, 4]) }
}

/** Detections of a batch without their padding. */
function boxResults(
  { boxesXyxy, scores, labels }: HostTree<{ [Key in keyof Detections]: Detections[Key] }>,
  { imageIds }: HostBatch,
  categoryIds: readonly number[],
): BoxResult[] {
  const slots = labels.shape[1]
  return imageIds.flatMap((image_id, image) =>
    Array.from({ length: slots }, (_, slot) => image * slots + slot)
      .filter((i) => labels.data[i] >= 0)
      .map((i): BoxResult => {
        const [x1, y1, x2, y2] = boxesXyxy.data.subarray(4 * i, 4 * i + 4)
        const category_id = categoryIds[labels.data[i]]
        return { image_id, category_id, bbox: [x1, y1, x2 - x1, y2 - y1], score: scores.data[i] }
      }),
  )
}
