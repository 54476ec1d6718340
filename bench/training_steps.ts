import type { Detector } from '../detectors/index.js'
import { type ComputeOptions, openMemory } from '../engine/index.js'
import { sizeOf } from '../host_tensor.js'
import { Random } from '../nn/index.js'
import { buildDetector, type Config } from '../registry.js'
import { withNoise } from '../training/draw_noise.js'
import { learningRateAt, makeOptimizer, TrainState } from '../training/index.js'
import { type Iterations, singleBatchIterations } from '../training/iteration.js'
import {
  initialLossScale,
  type LossScaleState,
  nextLossScale,
} from '../training/optim/loss_scale.js'
import type { RandomBatch } from './random_batch.js'

/** Iterations in an epoch of a pretended data set, whose first epoch the steps are of. */
const ITERATIONS_PER_EPOCH = 7329

export interface TrainingStep {
  /** From a batch in host memory to its losses there, the new state being ready. */
  ms: number
  metrics: Record<string, number>
}

/**
 * Our training steps, as the training loop takes them: noise drawn, one run, state and scale of the
 * loss moved on.
 */
export class TrainingSteps {
  private done = 0
  private updates = 0

  private constructor(
    /** Trainable. */
    readonly params: number,
    private readonly detector: Detector,
    private readonly config: Config & { optimizer: NonNullable<Config['optimizer']> },
    private readonly batch: RandomBatch,
    private readonly state: TrainState,
    private readonly iterations: Iterations,
    private lossScale: LossScaleState | undefined,
  ) {}

  /** Weights are new. The graph is made at the first step. */
  static load(config: Config, batch: RandomBatch, compute: ComputeOptions = {}): TrainingSteps {
    const { optimizer: options } = config
    if (!options) throw new Error('the config has no optimizer')
    const detector = buildDetector(config.model).initialize(config.seed ?? 0)
    const shapes = trainableShapes(detector)
    const params = sizesOf(shapes)
    const optimizer = makeOptimizer(options, shapes)
    const memory = openMemory(compute)
    const state = TrainState.of(detector, optimizer.slots, { ema: false, memory })
    const { maxGradNorm } = options
    const iterations = singleBatchIterations(detector, state, { optimizer, maxGradNorm, compute })
    const scale = compute.precision === 'fp16' ? initialLossScale({}) : undefined
    const known = { ...config, optimizer: options }
    return new TrainingSteps(params, detector, known, batch, state, iterations, scale)
  }

  /** Trainable parameters of a config's detector. */
  static paramsOf({ model }: Config): number {
    return sizesOf(trainableShapes(buildDetector(model)))
  }

  async step(): Promise<TrainingStep> {
    const startedAt = performance.now()
    const { optimizer, schedule } = this.config
    const iteration = this.done++
    const at = { iteration, iterationsPerEpoch: ITERATIONS_PER_EPOCH }
    const learningRate = schedule
      ? learningRateAt(optimizer.learningRate, schedule, at)
      : optimizer.learningRate
    const random = new Random('train_step', 'noise', this.done)
    const { metrics, isUpdated } = await this.iterations.run({
      batches: [withNoise(this.detector, this.batch.tensors, random)],
      learningRate,
      step: this.updates + 1,
      lambda: 1,
      lossScale: this.lossScale?.scale,
    })
    if (isUpdated) this.updates++
    if (this.lossScale) this.lossScale = nextLossScale(this.lossScale, isUpdated, {})
    return { ms: performance.now() - startedAt, metrics }
  }

  async dispose(): Promise<void> {
    await this.iterations.dispose()
    this.state.dispose()
  }
}

function trainableShapes(detector: Detector): Record<string, readonly number[]> {
  const trainable = detector.namedParameters().filter(([, { trainable }]) => trainable)
  return Object.fromEntries(trainable.map(([name, { shape }]) => [name, shape]))
}

function sizesOf(shapes: Readonly<Record<string, readonly number[]>>): number {
  return Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0)
}
