/**
 * What `vanilladet benchmark --json` prints.
 *
 * What is timed, for one batch, one part after the other:
 *
 * - pre-process: decoded uint8 images of 480 x 640 (turned where the input is taller than wide)
 *   are resized to fit the input and padded, by the code that loads data sets, on one thread;
 * - network: from those bytes to raw outputs in host memory, normalisation included. Of RetinaNet
 *   these are the logits and deltas of all anchors. Of Mask R-CNN they are those of its proposal
 *   network, and both heads of the second stage with the resampling of features (RoIAlign) before
 *   them: the box head on as many RoIs as the config proposes at test time (1000 an image), the
 *   mask head on as many as it keeps (100). The RoIs are fixed, of all sizes, so that all levels of
 *   the pyramid are read and every network does equal work;
 * - post-process: best anchors, decoding, suppression (of proposals too), and the masks pasted
 *   into the 480 x 640 images. It is fed fixed raw outputs, the same for all detectors whose heads
 *   agree: 20 objects an image, each seen by several anchors or RoIs above the score threshold.
 *
 * On a device other than the processor, network means: from those bytes in host memory, which go to
 * the device at each run, to raw outputs in the memory of the device, where they stay.
 * Post-processing is fed fixed raw outputs that lie there from the start, and ends with results in
 * host memory. What a real run computes it so moves too, and no more. RoIs and sizes of images lie
 * on the device as well.
 *
 * Of a classifier, pre-process means that the middle of each image is cut out by the code that
 * loads data sets; network, from those bytes to scores in host memory on every device;
 * post-process, the choice of the five best classes.
 *
 * Models take turns, batch by batch, so that what slows the machine for a while slows all of them.
 * A number whose repeats differ by more than `MAX_SPREAD` is no result.
 */
export interface BenchmarkDocument {
  machine: BenchmarkMachine
  options: BenchmarkSettings
  rows: BenchmarkRow[]
  ratios: BenchmarkRatio[]
  /** What a reader should know before believing the numbers, a sentence each. */
  warnings: string[]
}

/** The largest spread of the repeats of a result. */
export const MAX_SPREAD = 0.05

export interface BenchmarkMachine {
  /** Name of the processor, as it calls itself. */
  cpu: string
  /** Processors that this process may use. */
  cores: number
  memoryGiB: number
  os: string
  node: string
  onnxruntime: string
  /** Threads that compute one operation of the network. */
  threads: number
  /** Name of the GPU that was computed on, and its driver; absent where neither is known. */
  gpu?: string
  driver?: string
}

export interface BenchmarkSettings {
  /** `[height, width]` of the input, pixels. */
  shape: readonly [height: number, width: number]
  /** Images at a time, each size timed by itself. */
  batches: readonly number[]
  /** Runs of each detector before the timing. */
  warmup: number
  /** Timed runs of each detector in each repeat. */
  runs: number
  repeats: number
  /** Seed of images, fixed outputs and RoIs. */
  seed: number
  maxSpread: number
}

/** Times of the timed runs of all repeats, milliseconds a batch. */
export interface BenchmarkTimes {
  median: number
  p95: number
}

/** What one model took. */
export interface BenchmarkRow {
  /** Name of the config's file, without `.ts`. */
  config: string
  /** Name that papers use, such as `RetinaNet`. */
  framework: string
  /** Name that papers use, such as `VanillaNet-13` or `Swin-T`. */
  backbone: string
  /** A network that has one form only counts as `deploy`. */
  form: 'train' | 'deploy'
  device: string
  /**
   * `fp32`, `tf32` or `fp16`; absent in documents that are older than the choice, which are of
   * `fp32`.
   */
  precision?: string
  /** `[height, width]` of the input, pixels. */
  shape: readonly [height: number, width: number]
  batch: number
  threads: number
  /** `random`, or the file of the checkpoint. */
  weights: string
  /**
   * Time from weights in memory to a network that is ready to run, with the weights as constants.
   */
  loadMs: number
  /** Total of each run before the timing, the first being the first ever. */
  warmupMs: number[]
  preprocessMs: BenchmarkTimes
  networkMs: BenchmarkTimes
  postprocessMs: BenchmarkTimes
  /** Pre-process, network and post-process together. */
  latencyMs: BenchmarkTimes
  /** Images a second at the median latency. */
  fps: number
  /** Median latency of each repeat. */
  repeats: { median: number }[]
  /** Largest median less smallest, in shares of the middle one; null of a single repeat. */
  spread: number | null
  /** True if there is a spread and it is at most `maxSpread`. */
  isResult: boolean
  /** Detections that post-processing finds in each image; of a classifier the classes it keeps. */
  detections: number
  /**
   * The most memory that was resident while a process of its own ran this detector and nothing
   * else, Node.js and the fixed outputs included, what loading needed before not; null where it was
   * not measured.
   */
  peakMemoryMiB: number | null
  paramsM: number
  /** Billions of multiply-accumulates an image, as `countOperations` counts everything. */
  gmacs: number
}

/**
 * The frames a second of one detector over another's, where both were timed in turn with each
 * other.
 */
export interface BenchmarkRatio {
  /** `VanillaNet-13 / Swin-T`. */
  name: string
  framework: string
  /** Form of the first. */
  form: 'train' | 'deploy'
  batch: number
  /** Names of their configs. */
  configs: [first: string, second: string]
  /** The middle one of `perRepeat`. */
  fpsRatio: number
  /** Ratios of the median latencies of each repeat. */
  perRepeat: number[]
  /** Spread as in `BenchmarkRow`, of `perRepeat`. */
  spread: number | null
  isResult: boolean
  /**
   * The same ratio as published for an A100, with an input of 800 x 1280 and one image at a time.
   */
  published: number
}
