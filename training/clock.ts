import { type DeepTrainingOptions, lambdaAt, learningRateAt } from './optim/schedule.js'
import type { TrainOptions } from './train_options.js'

type ClockOptions = Pick<TrainOptions, 'loader' | 'optimizer' | 'schedule' | 'maxIters'>

/**
 * Where a run stands. It counts iterations, each an update of the weights that takes `accumulate`
 * batches; an epoch is all batches once, and its last update may take fewer.
 */
export class Clock {
  readonly iterationsPerEpoch: number
  /** Iterations of the whole schedule. */
  readonly scheduled: number
  /** Iterations after which this run stops: the schedule's, or `maxIters`. */
  readonly total: number
  /** Iterations done. */
  iteration = 0

  constructor(private readonly options: ClockOptions) {
    const { loader, schedule, maxIters } = options
    this.iterationsPerEpoch = Math.ceil(loader.iterationsPerEpoch / this.accumulate)
    this.scheduled = schedule.epochs * this.iterationsPerEpoch
    this.total = Math.min(this.scheduled, maxIters ?? this.scheduled)
  }

  /** Epoch of the next update, from 0. */
  get epoch(): number {
    return Math.floor(this.iteration / this.iterationsPerEpoch)
  }

  /** First batch of the next update, from 0 in each epoch. */
  get batchInEpoch(): number {
    return (this.iteration % this.iterationsPerEpoch) * this.accumulate
  }

  /** Batches of the next update. */
  get batchCount(): number {
    return Math.min(this.accumulate, this.options.loader.iterationsPerEpoch - this.batchInEpoch)
  }

  /** True where the last update was the last of its epoch; then `epoch` are done. */
  get endsEpoch(): boolean {
    return this.iteration % this.iterationsPerEpoch === 0
  }

  get isDone(): boolean {
    return this.iteration >= this.total
  }

  /** Learning rate of the update that follows `iteration` others. */
  rateAt(iteration: number): number {
    const { optimizer, schedule } = this.options
    const { iterationsPerEpoch } = this
    return learningRateAt(optimizer.learningRate, schedule, { iteration, iterationsPerEpoch })
  }

  /** Deep-training lambda of the update that follows `iteration` others. */
  lambdaAt(iteration: number): number {
    const { deepTraining }: { deepTraining?: DeepTrainingOptions } = this.options.schedule
    if (deepTraining === undefined) return 1
    return lambdaAt(Math.floor(iteration / this.iterationsPerEpoch), deepTraining)
  }

  private get accumulate(): number {
    return this.options.optimizer.accumulate ?? 1
  }
}
