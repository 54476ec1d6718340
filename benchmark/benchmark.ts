import { type Classifier, isClassifier } from '../classifiers/classifier.js'
import type { Detector } from '../detectors/detector.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import { sharedThreads } from '../engine/runtime/environment.js'
import { type BenchmarkRow, MAX_SPREAD } from './benchmark_document.js'
import { Candidate, Course, type RunTimes, type TimedModel } from './candidate.js'
import { ClassifierCandidate } from './classifier_candidate.js'
import { countOperations } from './flops.js'
import { peakMemoryDuring } from './peak_memory.js'
import { rowTimes } from './row_times.js'
import { timeInTurns } from './time_in_turns.js'

/** A detector or a classifier to time, and what to call it. */
export interface BenchmarkEntry {
  config: string
  form: 'train' | 'deploy'
  /** The model, which may be a classifier too. */
  detector: Detector | Classifier
  /** Name that papers use. @default the name of the class */
  framework?: string
  /** Name that papers use. @default the name of the class */
  backbone?: string
  /** Where the weights come from. @default 'in memory' */
  weights?: string
}

export interface BenchmarkOptions {
  /** Height and width of the input, pixels. */
  shape: readonly [height: number, width: number]
  /** Images at a time. @default 1 */
  batch?: number
  /** Timed runs of each entry in each repeat. @default 10 */
  runs?: number
  /** Runs of each entry before those. @default 3 */
  warmup?: number
  /** @default 3 */
  repeats?: number
  /** Seed of the random images, fixed outputs and RoIs. @default 0 */
  seed?: number
  /** Largest spread of a result. @default MAX_SPREAD */
  maxSpread?: number
  /**
   * Where and how precisely networks are computed, by the engine `onnxruntime`. @default on the
   * processor, in fp32
   */
  compute?: ComputeOptions
  /** Called after each run, those before the timing included. */
  onProgress?(done: number, total: number): void
}

export const BENCHMARK_DEFAULTS = {
  batch: 1,
  runs: 10,
  warmup: 3,
  repeats: 3,
  seed: 0,
  maxSpread: MAX_SPREAD,
  compute: {} as ComputeOptions,
}

/** Runs over which memory is watched, the first ever among them. */
const MEMORY_RUNS = 2

/** A row but for what was timed. */
type RowHead = Pick<
  BenchmarkRow,
  'config' | 'framework' | 'backbone' | 'form' | 'weights' | 'loadMs' | 'paramsM' | 'gmacs'
>

interface Lane {
  head: RowHead
  candidate: TimedModel
  /** Times of all runs, those before the timing included. */
  times: RunTimes[]
  /** Detections, or classes, of the last run. */
  found: number
}

/**
 * Times models in turn with each other, their weights as constants: pre-processing, network and
 * post-processing apart, as `BenchmarkDocument` describes.
 *
 * @param entries an async generator can let go of each model before it loads the next: only what
 *   ONNX Runtime holds is kept here.
 */
export async function benchmark(
  entries: Iterable<BenchmarkEntry> | AsyncIterable<BenchmarkEntry>,
  options: BenchmarkOptions,
): Promise<BenchmarkRow[]> {
  const { shape, batch, runs, warmup, repeats, seed, maxSpread, compute, onProgress } = {
    ...BENCHMARK_DEFAULTS,
    ...options,
  }
  const course = new Course(shape, { batch, seed, compute })
  const lanes: Lane[] = []
  try {
    for await (const entry of entries) lanes.push(laneOf(entry, course))
    const calls = lanes.map((lane) => async () => {
      const { times, found } = await lane.candidate.run()
      lane.times.push(times)
      lane.found = found
    })
    await timeInTurns(calls, { runs: runs * repeats, warmup, onProgress })
  } finally {
    for (const { candidate } of lanes) candidate.dispose()
    course.dispose()
  }

  return lanes.map(({ head, times, found }) => ({
    ...head,
    device: compute.device ?? 'cpu',
    precision: compute.precision ?? 'fp32',
    shape,
    batch,
    threads: sharedThreads(),
    ...rowTimes(times, { batch, warmup, runs, repeats, maxSpread }),
    detections: found / batch,
    peakMemoryMiB: null,
  }))
}

/**
 * The most memory that this process holds while a model runs, loaded as `benchmark` loads it: to
 * be called in a process that does nothing else.
 *
 * @returns MiB, or null where the system does not report it.
 */
export async function peakMemoryOf(
  load: () => Promise<Detector | Classifier>,
  options: Pick<BenchmarkOptions, 'shape' | 'batch' | 'seed' | 'compute'>,
): Promise<number | null> {
  const { shape, batch, seed, compute } = { ...BENCHMARK_DEFAULTS, ...options }
  const course = new Course(shape, { batch, seed, compute })
  const candidate = candidateOf(await load(), course)
  try {
    return await peakMemoryDuring(async () => {
      for (let run = 0; run < MEMORY_RUNS; run++) await candidate.run()
    })
  } finally {
    candidate.dispose()
    course.dispose()
  }
}

function candidateOf(model: Detector | Classifier, course: Course): TimedModel {
  return isClassifier(model)
    ? ClassifierCandidate.load(model, course)
    : Candidate.load(model, course)
}

function laneOf({ detector, ...entry }: BenchmarkEntry, course: Course): Lane {
  const candidate = candidateOf(detector, course)
  const { params, gmacs } = countOperations(detector, course.frames.inputSize)
  const head = {
    framework: detector.constructor.name,
    backbone: 'backbone' in detector ? String(detector.backbone?.constructor.name) : 'none',
    weights: 'in memory',
    ...entry,
    loadMs: candidate.loadMs,
    paramsM: params / 1e6,
    gmacs,
  }
  return { head, candidate, times: [], found: 0 }
}
