import type { BenchmarkDocument } from '../benchmark/benchmark_document.js'
import type { CudaDocument } from '../benchmark/cuda_document.js'
import type { Accuracy, ClassAccuracy } from '../evaluation/classify.js'
import type { Metrics } from '../evaluation/evaluate.js'
import type { PerClassRow } from '../packages/pycocotools-js/source/analysis/per_class.js'
import type { TideErrors } from '../packages/pycocotools-js/source/analysis/tide.js'
import type { Chart } from './chart.js'
import type { ModelSize } from './model_size.js'
import type { PublishedResult } from './published.js'

/**
 * All that a report shows but its pictures: what `vanilladet report --json` prints, and what the
 * page carries.
 */
export interface ReportDocument {
  /** ISO 8601. */
  createdAt: string
  runs: RunReport[]
  benchmarks: BenchmarkReport[]
  cuda: CudaReport[]
  published: readonly PublishedResult[]
  /** FPS against AP, and the AP of all runs. */
  comparison: Part<{ charts: Chart[] }>
}

/** A part of the report; its notes name what is missing in it, a sentence each. */
export type Part<Content> = Content & { notes: string[] }

export type Kind = 'bbox' | 'segm'

export const KIND_NAMES: Record<Kind, string> = { bbox: 'boxes', segm: 'masks' }

/** One value each for boxes and, of detectors that segment, for masks. */
export type ByKind<Value> = { bbox?: Value; segm?: Value }

export interface RunReport {
  /** Id of its elements on the page: `run-1`. */
  id: string
  name: string
  path: string
  /** Model, such as `RetinaNet, VanillaNet`; undefined where the config does not name it. */
  model: string | undefined
  classes: number | undefined
  size: Part<{ sizes: ModelSize[] }>
  training: Part<{
    /** Updates at the last logged line. */
    iter: number | undefined
    epoch: number | undefined
    /** Epochs of the schedule. */
    epochs: number | undefined
    charts: Chart[]
  }>
  evaluation: Part<{ evaluations: EvaluationReport[]; charts: Chart[] }>
  detections: Part<{ charts: Chart[] } & ByKind<DetectionReport>>
  samples: Part<{ minScore: number; pictures: SamplePicture[] }>
  /** Of classifiers only, in place of detections and samples. */
  classification?: ClassificationReport
}

/** A line of `evaluations.jsonl`. */
export interface EvaluationReport extends ByKind<Metrics>, Partial<Accuracy> {
  iter: number
  epoch: number
}

/** What the last results of a run are worth against the annotations. */
export interface DetectionReport {
  metrics: Metrics
  classes: PerClassRow[]
  tide: TideErrors
}

/** An image of the validation set with its objects, and what was detected in it. */
export interface SamplePicture {
  /** Id of its two pictures: `run-1-sample-1`. */
  id: string
  file: string
  /** Objects drawn; crowds are not. */
  groundTruths: number
  /** Detections drawn: those of a score of `minScore` or more. */
  detections: number
  /** Pixels of the pictures, which are smaller or larger than the image. */
  width: number
  height: number
}

/** What the last predictions of a classifier are worth. */
export type ClassificationReport = Part<{
  /** Of all pictures; undefined without predictions. */
  accuracy?: Accuracy
  /** By label. */
  classes: ClassAccuracy[]
  samples: ClassSample[]
}>

/** A picture of the validation set, and what it is taken for. */
export interface ClassSample {
  /** Id of its picture: `run-1-sample-1`. */
  id: string
  file: string
  /** Name of its class. */
  category: string
  isRight: boolean
  /** The best classes, by falling score. */
  predicted: { category: string; score: number }[]
  /** Pixels of the picture, which is smaller or larger than the file's. */
  width: number
  height: number
}

export interface BenchmarkReport {
  file: string
  document: BenchmarkDocument
  charts: Chart[]
}

/** What `bench/cuda/` measured on one machine. */
export interface CudaReport {
  file: string
  document: CudaDocument
  charts: Chart[]
}

/** The pictures of a report by the ids of its samples, as data URIs. */
export type Pictures = Record<
  string,
  { groundTruth: string; detected: string } | { picture: string }
>
