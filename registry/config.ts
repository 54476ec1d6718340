import { z } from 'zod'
import type { Augmentation } from '../datasets/augment.js'
import { EXIF_MODES } from '../datasets/exif.js'
import type { BatchOptions } from '../datasets/loader.js'
import { PRECISIONS, type Precision } from '../engine/compute_options.js'
import type { LossScaleOptions } from '../training/optim/loss_scale.js'
import type { OptimizerOptions } from '../training/optim/optimizer.js'
import type { ParamGroupOptions } from '../training/optim/param_groups.js'
import type { ScheduleOptions } from '../training/optim/schedule.js'
import { type ClassDataConfig, cifar, imageFolder } from './class_data.js'
import type { SchemaOf } from './registry.js'
import { count, fraction, group } from './schema_parts.js'

/** What can be trained and evaluated on. */
export type AnyDataConfig = DataConfig | ClassDataConfig

/** One experiment: everything but where its files go. */
export interface Experiment<Model, Data = AnyDataConfig> {
  model: Model
  /** Needed to train and to evaluate. */
  data?: Data
  /** Needed to train. */
  optimizer?: OptimizerOptions
  /** Needed to train. */
  schedule?: ScheduleOptions
  logging?: LoggingConfig
  checkpoint?: CheckpointConfig
  /** Evaluate on `data.val` while training. @default only the test command evaluates */
  evaluation?: EvaluationConfig
  /** Learn from the scores of another classifier, too. @default from labels alone */
  distill?: DistillConfig
  /** Keep running averages of the weights. @default none are kept */
  ema?: EmaConfig
  /** What numbers are computed in, where the command line does not set it. @default 'fp32' */
  precision?: Precision
  /** How the loss is scaled while gradients are taken, for precision `fp16`. */
  lossScale?: LossScaleOptions
  /** Seed of new weights, of the order of images and of their augmentation. @default 0 */
  seed?: number
}

/** A COCO folder, or a part of one. Paths start from the working directory. */
export interface SplitConfig {
  /** COCO instances file. */
  annFile: string
  /** Folder that the file names of the images start from. */
  imageDir: string
  /** Keeps the first images of the file only. @default all are kept */
  limit?: number
}

/**
 * What is trained and evaluated on; `batchSize`, `shapes` and what `Augmentation` has, of training.
 */
export interface DataConfig extends BatchOptions, Augmentation {
  /** @default 'COCO' */
  type?: 'COCO'
  train: SplitConfig
  val: SplitConfig
  /** Limits of the `[long, short]` side in evaluation, input pixels. */
  testScale: readonly [long: number, short: number]
  /** Images evaluated at once. @default 1 */
  testBatchSize?: number
  /** Shapes as `shapes`, of evaluation. @default all of them */
  testShapes?: number
  /**
   * What is done with entries of annotation files that cannot be used: `drop` leaves them out,
   * counted. @default 'refuse'
   */
  invalid?: 'refuse' | 'drop'
  /** The older name of `invalid: 'drop'`. */
  skipInvalid?: boolean
  /** Trains on images without objects too. @default false */
  keepEmpty?: boolean
  /**
   * The folder that keeps what was read of annotation files of 20 MB and more, so that the next run
   * opens them in seconds; or false for none. @default vanilladet/annotations in the user's cache
   * folder
   */
  cache?: string | false
}

export interface LoggingConfig {
  /** Updates between two lines of `metrics.jsonl`. @default 50 */
  interval?: number
}

export interface CheckpointConfig {
  /** Epochs between two checkpoints. @default 1 */
  interval?: number
  /** Newest checkpoints that are kept. @default 3 */
  keep?: number
}

export interface EvaluationConfig {
  /** Epochs between two evaluations; the last epoch is always followed by one. */
  interval: number
}

export interface EmaConfig {
  /** Weight of the old average in an update, such as 0.9998. */
  decay: number
}

/** Knowledge distillation, of classifiers. */
export interface DistillConfig {
  /** The classifier to learn from, whose weights stay as they are. */
  teacher: {
    /** Its config: a file, or `vanilladet/configs/NAME`, as on a command line. */
    config: string
    /** Its weights, as a CHECKPOINT on a command line. */
    checkpoint: string
  }
  /** What the distillation loss is multiplied by. @default 1 */
  weight?: number
  /** What the logits of both are divided by before the softmax. @default 1 */
  temperature?: number
}

const text = () => z.string().min(1)
const scale = () => z.tuple([count(), count()])
/** Share of the old value in a running average: at 1 it would never change. */
const decay = () => z.number().min(0).lt(1)

const split = (title: string): SchemaOf<SplitConfig> =>
  group(title, { annFile: text(), imageDir: text(), limit: count().optional() })

/** More would take the plan longer than they save. */
const MAX_SHAPES = 100

const cocoData: SchemaOf<DataConfig> = group('data', {
  type: z.literal('COCO').optional(),
  train: split('data.train'),
  val: split('data.val'),
  scales: z.array(scale()).min(1),
  testScale: scale(),
  batchSize: count(),
  testBatchSize: count().optional(),
  flip: fraction(),
  bucketStep: count().multipleOf(32),
  shapes: count().max(MAX_SHAPES).optional(),
  testShapes: count().optional(),
  workers: z.int().min(0).optional(),
  invalid: z.enum(['refuse', 'drop']).optional(),
  skipInvalid: z.boolean().optional(),
  keepEmpty: z.boolean().optional(),
  exif: z.enum(EXIF_MODES).optional(),
  maxPixels: count().optional(),
  cache: z.union([text(), z.literal(false)]).optional(),
})

const data = z.discriminatedUnion('type', [cocoData, imageFolder, cifar])

const paramGroup = {
  weightDecay: z.number().min(0).optional(),
  layerDecay: group('optimizer.layerDecay', {
    rate: z.number().positive().max(1),
    numLayers: count(),
  }).optional(),
  decayVectors: z.boolean().optional(),
  noDecay: z.array(text()).optional(),
} satisfies SchemaOf<ParamGroupOptions>['shape']

const commonOptimizer = {
  ...paramGroup,
  learningRate: z.number().positive(),
  maxGradNorm: z.number().positive().optional(),
  accumulate: count().optional(),
}

const moments = {
  betas: z.tuple([decay(), decay()]).optional(),
  eps: z.number().positive().optional(),
}

const optimizer: z.ZodType<OptimizerOptions> = z.discriminatedUnion('type', [
  group('AdamW', {
    type: z.literal('AdamW'),
    ...commonOptimizer,
    ...moments,
  }) satisfies SchemaOf<OptimizerOptions & { type: 'AdamW' }>,
  group('Adam', {
    type: z.literal('Adam'),
    ...commonOptimizer,
    ...moments,
  }) satisfies SchemaOf<OptimizerOptions & { type: 'Adam' }>,
  group('LAMB', {
    type: z.literal('LAMB'),
    ...commonOptimizer,
    ...moments,
  }) satisfies SchemaOf<OptimizerOptions & { type: 'LAMB' }>,
  group('SGD', {
    type: z.literal('SGD'),
    ...commonOptimizer,
    momentum: decay().optional(),
    nesterov: z.boolean().optional(),
  }) satisfies SchemaOf<OptimizerOptions & { type: 'SGD' }>,
])

const schedule: SchemaOf<ScheduleOptions> = group('schedule', {
  epochs: count(),
  policy: z.enum(['step', 'cosine']).optional(),
  decayEpochs: z.array(z.int().min(0)).optional(),
  gamma: z.number().positive().optional(),
  finalLearningRate: z.number().min(0).optional(),
  warmupIters: z.int().min(0).optional(),
  warmupRatio: fraction().optional(),
  deepTraining: group('schedule.deepTraining', {
    decayEpochs: count(),
    curve: z.enum(['linear', 'cosine']).optional(),
  }).optional(),
})

/** Limit of the initial scale: from here on small losses overflow float32 too. */
const MAX_LOSS_SCALE = 2 ** 40

/** The schema of a whole config, around that of its model. */
export function configSchema<Model>(model: z.ZodType<Model>): SchemaOf<Experiment<Model>> {
  return group('a config', {
    model,
    data: data.optional(),
    optimizer: optimizer.optional(),
    schedule: schedule.optional(),
    logging: group('logging', { interval: count().optional() }).optional(),
    checkpoint: group('checkpoint', {
      interval: count().optional(),
      keep: count().optional(),
    }).optional(),
    evaluation: group('evaluation', { interval: count() }).optional(),
    distill: group('distill', {
      teacher: group('distill.teacher', { config: text(), checkpoint: text() }),
      weight: z.number().positive().optional(),
      temperature: z.number().positive().optional(),
    }).optional(),
    ema: group('ema', { decay: decay() }).optional(),
    precision: z.enum(PRECISIONS).optional(),
    lossScale: group('lossScale', {
      initial: z.number().min(1).max(MAX_LOSS_SCALE).optional(),
      growthInterval: count().optional(),
    }).optional(),
    seed: z.int().min(0).optional(),
  })
}
