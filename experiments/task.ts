import type { TrainHooks, TrainingBatches } from '../training/train_options.js'

/** What a config trains on and is evaluated on, ready for the training loop. */
export interface Task {
  /** Names of the classes, by label. */
  classes: readonly string[]
  /** Lines that report the data. */
  dataLines: string[]
  /** Lines that report the input shapes, where they were chosen. */
  shapeLines: string[]
  loader: TrainingBatches & { close(): Promise<void> }
  hooks?: TrainHooks
  /** What is trained and evaluated on, in numbers. */
  data: object
  /** The input shapes, where they were chosen. */
  shapes?: object
}

export interface TaskOptions {
  /** Where evaluations leave their results. */
  workDir: string
  seed: number
}
