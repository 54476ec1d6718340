import type { Detector } from '../detectors/index.js'
import type { HostTensor, SessionOptions } from '../engine/index.js'
import { sizeOf } from '../engine/index.js'
import { Random } from '../nn/index.js'
import { countOperations } from './flops.js'
import { compilePredict, wholeFrames } from './predictor.js'
import { median, quantile, timeInTurns } from './time_in_turns.js'

/** A detector to time, and what to call it. */
export interface BenchmarkEntry {
  config: string
  form: 'train' | 'deploy'
  detector: Detector
}

export interface BenchmarkOptions {
  /** Height and width of the input, pixels. */
  shape: readonly [height: number, width: number]
  /** Images at a time. @default 1 */
  batch?: number
  /** Timed runs of each entry. @default 20 */
  runs?: number
  /** Runs of each entry before those. @default 5 */
  warmup?: number
  session?: SessionOptions
  /** Of the random images. @default 0 */
  seed?: number
  /** Called after each run, those before the timing included. */
  onProgress?(done: number, total: number): void
}

/** What one detector took; all rows of one call were timed in turn with each other. */
export interface BenchmarkRow {
  config: string
  form: 'train' | 'deploy'
  device: string
  /** `[height, width]`, pixels. */
  shape: readonly [height: number, width: number]
  batch: number
  /** Milliseconds a batch, from uint8 images to boxes in host memory. */
  latencyMs: { median: number; p95: number }
  /** Images a second at the median. */
  fps: number
  paramsM: number
  /** Billions of multiply-accumulates an image, as `countOperations` counts everything. */
  gmacs: number
}

/**
 * Times detectors in turn with each other on random images, post-processing included, with their weights
 * as constants.
 */
export async function benchmark(
  entries: readonly BenchmarkEntry[],
  options: BenchmarkOptions,
): Promise<BenchmarkRow[]> {
  const { shape, batch = 1, runs = 20, warmup = 5, session, seed = 0, onProgress } = options
  const images = randomImages([batch, ...shape, 3], seed)
  const inputs = { images, ...wholeFrames(images.shape) }
  const predictors = entries.map(({ detector }) => compilePredict(detector, { session }))
  let times: number[][]
  try {
    const calls = predictors.map((predictor) => () => predictor.run(inputs))
    times = await timeInTurns(calls, { runs, warmup, onProgress })
  } finally {
    for (const predictor of predictors) await predictor.dispose()
  }
  return entries.map(({ config, form, detector }, i) => {
    const latencyMs = { median: median(times[i]), p95: quantile(times[i], 0.95) }
    const { params, gmacs } = countOperations(detector, shape)
    const fps = (1000 * batch) / latencyMs.median
    return {
      config,
      form,
      device: 'cpu',
      shape,
      batch,
      latencyMs,
      fps,
      paramsM: params / 1e6,
      gmacs,
    }
  })
}

function randomImages(shape: readonly number[], seed: number): HostTensor {
  const random = new Random(seed, 'benchmark')
  const pixels = Uint8Array.from({ length: sizeOf(shape) }, () => random.integer(256))
  return { dtype: 'uint8', shape, data: pixels }
}
