import type { ComputeOptions } from '../engine/compute_options.js'
import type { HostTree } from '../engine/tensors.js'
import type { LogLine } from './metrics_log.js'
import type { LossScaleOptions } from './optim/loss_scale.js'
import type { OptimizerOptions } from './optim/optimizer.js'
import type { ScheduleOptions } from './optim/schedule.js'
import type { ProgressStream } from './progress.js'
import type { ScoreSummaries } from './score_summary.js'
import type { Trainable, TrainingTensors } from './trainable.js'
import type { WorkDirOptions } from './work_dir.js'

/** Where batches come from; `datasets/` has one. */
export interface TrainingBatches {
  /** Batches of an epoch. */
  readonly iterationsPerEpoch: number
  /** How many input shapes batches may have, where that is limited: a graph is kept for each. */
  readonly shapeCount?: number
  /** Batches over all epochs without end, from batch `iteration` of `epoch` on; both from 0. */
  batches(start: { epoch: number; iteration: number }): AsyncGenerator<{
    readonly tensors: HostTree<TrainingTensors>
  }>
  /** Takes a batch back, whose memory may be written over from now on. */
  reuse?(tensors: HostTree<TrainingTensors>): void
}

/** What an evaluation during training is of. */
export interface EvaluationPoint {
  /** Epochs done. */
  epoch: number
  /** Iterations done. */
  iteration: number
  /** Deep-training lambda of the last update, which the weights are to be evaluated at. */
  lambda: number
  /**
   * Aborts when the run is interrupted: the evaluation then throws its reason, and is due again on
   * resume.
   */
  signal: AbortSignal
}

export interface TrainHooks {
  /**
   * Called after epochs with the current weights in the model (the averages, with EMA); its
   * result goes to `evaluations.jsonl`. What it throws ends the run, saved; the evaluation is due
   * again when it is resumed.
   */
  evaluate?(at: EvaluationPoint): Promise<object>
  /** Called with each line of `metrics.jsonl`. */
  onLog?(line: LogLine): void
}

export interface TrainOptions extends WorkDirOptions {
  /** Initialised; it holds the trained weights (not the averages) when training ends. */
  model: Trainable
  loader: TrainingBatches
  optimizer: OptimizerOptions
  schedule: ScheduleOptions
  /** Running averages of the weights. @default none */
  ema?: { decay: number }
  /** `interval`: iterations between lines of `metrics.jsonl`. */
  logging: { interval: number }
  /**
   * `interval`: epochs between checkpoints; the end is always saved. `keep`: how many stay, default
   * all.
   */
  checkpoint: { interval: number; keep?: number }
  /**
   * `interval`: epochs between calls of `hooks.evaluate`; the end is always evaluated. @default 1
   */
  evaluation?: { interval: number }
  /** What initial weights and batches were drawn from. */
  seed: number
  /** Names of the classes, by label. */
  classes: readonly string[]
  /** The resolved config, kept in checkpoints and as `config.json`. */
  config: unknown
  /** What is trained and evaluated on, in numbers, kept as `data.json`. */
  data?: object
  /** The input shapes of training and evaluation, where they were chosen, kept as `shapes.json`. */
  shapes?: object
  /** Stop after this many iterations, counted from the first of all. */
  maxIters?: number
  /** Where and how precisely to compute. */
  compute?: ComputeOptions
  /**
   * Multiplies the loss while gradients are taken, as precision `fp16` needs. @default only with
   * `fp16`
   */
  lossScale?: LossScaleOptions
  hooks?: TrainHooks
  /** Where progress is shown. @default process.stderr */
  progressStream?: ProgressStream
}

export interface TrainResult {
  /** Iterations done, those before a resume included. */
  iteration: number
  /** The newest checkpoint. */
  checkpoint: string
  reason: 'finished' | 'maxIters' | 'interrupted'
  /** Last and best AP of the evaluations of a detector, if there were any. */
  ap?: Pick<ScoreSummaries, 'bbox' | 'segm'>
  /** Last and best top-1 accuracy of the evaluations of a classifier, if there were any. */
  top1?: ScoreSummaries['top1']
}
