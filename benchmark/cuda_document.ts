import type { BenchmarkMachine, BenchmarkTimes } from './benchmark_document.js'

/**
 * What `bench/cuda/` writes: this library beside PyTorch eager on one GPU.
 *
 * - parity: losses of the same training steps on the device and on the processor, in fp32;
 * - training: whole steps (forward, backward, AdamW) of batches that lie in host memory. Ours
 *   sends images, objects and noise up at each step and keeps its state on the device; PyTorch
 *   sends images, and its targets lie on the device from the start. Random pixels, objects of a
 *   tenth to a half of the image;
 * - inference: networks in deploy form, from bytes in host memory to raw outputs on the device on
 *   both sides, the second stage of Mask R-CNN on the same fixed RoIs; ours also with pre- and
 *   post-processing, as `BenchmarkDocument` describes.
 *
 * PyTorch is eager, with channels_last memory, cuDNN's own search for algorithms, TF32 switched as
 * the precision says, and for fp16 autocast (with GradScaler in training); in inference also
 * weights in half precision, without autocast.
 *
 * Sides take turns, some steps each. A side that failed has an `error` in place of numbers.
 */
export interface CudaDocument {
  machine: CudaMachine
  options: CudaSettings
  parity: Outcome<ParityRow>[]
  training: Outcome<TrainingRow>[]
  inference: Outcome<InferenceRow>[]
  /** Parts of the plan without a row, with the reason. */
  missing: { part: string; reason: string }[]
}

export interface CudaMachine extends BenchmarkMachine {
  /** Version of PyTorch; absent where it was not asked. */
  pytorch?: string
}

export interface CudaSettings {
  device: string
  /** Small images and narrow networks: shows that everything runs, and measures nothing. */
  short: boolean
  /** Rounds in which each side takes its turn. */
  turns: number
  /** Timed steps of a turn. */
  steps: { train: number; inference: number }
  /** Steps of each side before all turns. */
  warmup: number
}

/** A row, or of a part that ended early what it was to be and why. */
export type Outcome<Row extends PartName> = Row | (PartName & Failure)

export interface Failure {
  error: string
}

export interface PartName {
  /** Such as `train/retinanet_vanilla13/fp16/2`. */
  part: string
}

/** What all rows report of what they ran. */
export interface PartFacts extends PartName {
  /** Name of the config's file, without `.ts`. */
  config: string
  device: string
  /** `fp32`, `tf32` or `fp16`. */
  precision: string
  /** `[height, width]` of the input, pixels. */
  shape: readonly [number, number]
  batch: number
  /** How many nodes of the graph each provider of ONNX Runtime runs. */
  placement: Readonly<Record<string, number>>
}

export interface ParityRow extends PartFacts {
  /** Loss of each step, on the device and on the processor. */
  losses: { device: number[]; cpu: number[] }
  /** Largest difference of a loss, in shares of the processor's. */
  maxDifference: number
  seconds: number
}

/** GPU memory, MiB. */
export interface GpuMemory {
  /**
   * That loading and the first steps took from the device, beside what the process held already, as
   * the driver reports; null where it does not. Of two detectors of ours that share a process, the
   * second takes what the first has left over.
   */
  used: number | null
  /** Held by tensors at most, of those that report it. */
  tensors?: number
}

/** Times of one side. */
export interface SideTimes {
  /** Times of the timed steps of all turns, milliseconds a batch. */
  ms: BenchmarkTimes
  /** Median of each turn. */
  perTurn: number[]
  imagesPerSecond: number
  memory: GpuMemory
}

/**
 * Ours: how long it took until the first step had ended, and what a step moves between host and
 * device, bytes.
 */
export interface OurTimes extends SideTimes {
  firstStepMs: number
  moved: { up: number; down: number }
}

export interface TrainingRow extends PartFacts {
  framework: string
  backbone: string
  /** Size of the tensors of the batch, bytes. */
  batchBytes: number
  ours: OurTimes | Failure
  /** Undefined where PyTorch was not asked. */
  torch?: SideTimes | Failure
}

/** Both detectors of a framework, timed in turn with each other. */
export interface InferenceRow extends PartFacts {
  framework: string
  backbone: string
  /** Rows of one part were timed in turn: their `perTurn` are pairs. */
  ours: OurInference | Failure
  torch?: SideTimes | Failure
  /** Times of fp16: weights in half precision, without autocast. */
  torchHalf?: SideTimes | Failure
}

export interface OurInference extends OurTimes {
  /** `ms` is the network's; this is from decoded images to COCO results. */
  total: BenchmarkTimes
  totalPerTurn: number[]
}

export function isFailure(value: object | undefined): value is Failure {
  return value !== undefined && 'error' in value
}
