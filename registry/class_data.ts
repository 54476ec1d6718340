import { z } from 'zod'
import type {
  ClassAugmentation,
  ClassBatchOptions,
} from '../datasets/classification/class_loader.js'
import type { TestCropsOptions } from '../datasets/classification/crop_options.js'
import type { SchemaOf } from './registry.js'
import { count, fraction, group } from './schema_parts.js'

/** A folder with a folder of pictures for each class. Paths start from the working directory. */
export interface ClassSplitConfig {
  folder: string
  /** Keeps the first pictures of each class only. @default all are kept */
  limitPerClass?: number
}

/** How classified pictures become batches, wherever they come from. */
interface ClassBatchConfig extends ClassBatchOptions, ClassAugmentation, TestCropsOptions {
  /** Pictures evaluated at once. @default `batchSize` */
  testBatchSize?: number
}

/** Class folders, in the layout of ImageNet and of torchvision's `ImageFolder`. */
export interface ImageFolderConfig extends ClassBatchConfig {
  type: 'ImageFolder'
  train: ClassSplitConfig
  val: ClassSplitConfig
}

/** CIFAR-10 or CIFAR-100. */
export interface CifarConfig extends ClassBatchConfig {
  type: 'CIFAR'
  /** The `.tar.gz` as it was downloaded, for Python or of binary files. */
  archive: string
  /** Keeps the first pictures of each class only. @default all are kept */
  limitPerClass?: number
}

/** Classified pictures that are trained and evaluated on. */
export type ClassDataConfig = ImageFolderConfig | CifarConfig

const split = (title: string): SchemaOf<ClassSplitConfig> =>
  group(title, { folder: z.string().min(1), limitPerClass: count().optional() })

const range = () => z.tuple([z.number().positive(), z.number().positive()])

const crop = z.discriminatedUnion('type', [
  group('data.crop', {
    type: z.literal('resized'),
    scale: range().optional(),
    ratio: range().optional(),
  }),
  group('data.crop', { type: z.literal('padded'), padding: z.int().min(0).optional() }),
])

const batches = {
  imageSize: count(),
  batchSize: count(),
  testBatchSize: count().optional(),
  workers: z.int().min(0).optional(),
  maxPixels: count().optional(),
  crop: crop.optional(),
  colorJitter: group('data.colorJitter', {
    brightness: z.number().min(0).optional(),
    contrast: z.number().min(0).optional(),
    saturation: z.number().min(0).optional(),
  }).optional(),
  flip: fraction().optional(),
  rotation: z.number().min(0).max(180).optional(),
  randAugment: group('data.randAugment', {
    magnitude: z.number().min(0).max(10),
    numOps: count().optional(),
    magnitudeStd: z.number().min(0).optional(),
    increasing: z.boolean().optional(),
  }).optional(),
  erasing: group('data.erasing', { probability: fraction() }).optional(),
  mixing: group('data.mixing', {
    mixupAlpha: z.number().min(0).optional(),
    cutmixAlpha: z.number().min(0).optional(),
    probability: fraction().optional(),
    switchProbability: fraction().optional(),
  }).optional(),
  testCropRatio: z.number().positive().max(1).optional(),
  testCrops: z.union([z.literal(1), z.literal(10)]).optional(),
} satisfies SchemaOf<ClassBatchConfig>['shape']

export const imageFolder: SchemaOf<ImageFolderConfig> = group('data', {
  type: z.literal('ImageFolder'),
  train: split('data.train'),
  val: split('data.val'),
  ...batches,
})

export const cifar: SchemaOf<CifarConfig> = group('data', {
  type: z.literal('CIFAR'),
  archive: z.string().min(1),
  limitPerClass: count().optional(),
  ...batches,
})
