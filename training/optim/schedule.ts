export interface ScheduleOptions {
  /** Passes over the training set. */
  epochs: number
  /**
   * `step`: the rate falls by `gamma` at each of `decayEpochs`. `cosine`: it falls from the end of
   * the warm-up to the last iteration along half a cosine.
   *
   * @default 'step'
   */
  policy?: 'step' | 'cosine'
  /** Epochs of `step`, from 0, at whose start the rate is multiplied by `gamma`. @default [] */
  decayEpochs?: readonly number[]
  /** Factor of `step`. @default 0.1 */
  gamma?: number
  /** Rate of `cosine` at the end. @default 0 */
  finalLearningRate?: number
  /**
   * Iterations of linear warm-up. With `step` the iteration after them is the first at the full
   * rate, with `cosine` the last of them is.
   *
   * @default 0
   */
  warmupIters?: number
  /** Part of the rate that the warm-up starts from. @default 0.001, with `cosine` 0 */
  warmupRatio?: number
  /** Deep training of VanillaNet: its activations fade out over the first epochs. */
  deepTraining?: DeepTrainingOptions
}

export interface DeepTrainingOptions {
  /** Epoch, from 0, from whose start on lambda is 1. */
  decayEpochs: number
  /** @default 'linear' */
  curve?: 'linear' | 'cosine'
}

/** Where training stands: updates done so far, counted over all epochs, and what an epoch is. */
export interface Position {
  /** Updates done before this one. */
  iteration: number
  iterationsPerEpoch: number
}

/** Learning rate of one iteration, before each group's own factor. */
export function learningRateAt(
  base: number,
  schedule: ScheduleOptions,
  position: Position,
): number {
  return schedule.policy === 'cosine'
    ? cosineRate(base, schedule, position)
    : stepRate(base, schedule, position)
}

/** Source: mmdetection 2.x, in which the warm-up also scales what the steps give. */
function stepRate(
  base: number,
  { decayEpochs = [], gamma = 0.1, warmupIters = 0, warmupRatio = 0.001 }: ScheduleOptions,
  { iteration, iterationsPerEpoch }: Position,
): number {
  const epoch = Math.floor(iteration / iterationsPerEpoch)
  const regular = base * gamma ** decayEpochs.filter((start) => start <= epoch).length
  if (iteration >= warmupIters) return regular
  return regular * (1 - (1 - iteration / warmupIters) * (1 - warmupRatio))
}

/**
 * Source: the classification recipe of the official VanillaNet code: points evenly spaced from the
 * start to the full rate, both included, and the cosine behind them, which starts at the full rate
 * again.
 */
function cosineRate(
  base: number,
  { epochs, warmupIters = 0, warmupRatio = 0, finalLearningRate = 0 }: ScheduleOptions,
  { iteration, iterationsPerEpoch }: Position,
): number {
  if (iteration < warmupIters) {
    const progress = warmupIters === 1 ? 0 : iteration / (warmupIters - 1)
    return base * (warmupRatio + (1 - warmupRatio) * progress)
  }
  const span = epochs * iterationsPerEpoch - warmupIters
  const fall = 1 + Math.cos((Math.PI * (iteration - warmupIters)) / span)
  return finalLearningRate + 0.5 * (base - finalLearningRate) * fall
}

/**
 * Deep-training lambda of an epoch: 0 (full ReLU) in epoch 0, 1 (no activation) from `decayEpochs`
 * on.
 *
 * Source: arXiv:2305.12972, and the official code for the curves.
 *
 * @param epoch from 0.
 */
export function lambdaAt(
  epoch: number,
  { decayEpochs, curve = 'linear' }: DeepTrainingOptions,
): number {
  if (epoch >= decayEpochs) return 1
  const progress = epoch / decayEpochs
  return curve === 'cosine' ? 0.5 * (1 - Math.cos(Math.PI * progress)) : progress
}
