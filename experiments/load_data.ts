import { checkImages } from '../datasets/check_images.js'
import { type CocoDataset, loadCoco } from '../datasets/coco.js'
import { countExif, exifLines } from '../datasets/exif_counts.js'
import { ConfigError, DataError } from '../errors.js'
import type { AnyDataConfig, Config, DataConfig } from '../registry.js'

/** A part of a config that some commands can do without. */
export function requirePart<Key extends 'data' | 'optimizer' | 'schedule'>(
  config: Config,
  key: Key,
): NonNullable<Config[Key]> {
  const part = config[key]
  if (part !== undefined) return part
  throw new ConfigError(
    key,
    'is missing, and this command needs it',
    'add it to the config as in configs/retinanet_vanilla13.ts',
  )
}

/** The COCO data of a config that may have none. */
export function cocoOf(config: Config): DataConfig | undefined {
  return config.data && requireCoco(config)
}

/** True for COCO folders. */
export function isCoco(data: AnyDataConfig): data is DataConfig {
  return data.type === undefined || data.type === 'COCO'
}

/** The data of a detector's config. */
export function requireCoco(config: Config): DataConfig {
  const data = requirePart(config, 'data')
  if (isCoco(data)) return data
  throw new ConfigError(
    'data.type',
    `is ${data.type}, but model.type is ${config.model.type}, which finds objects`,
    'name COCO annotations, or use a Classifier',
  )
}

export interface SplitOptions {
  /**
   * Whether the model learns or finds masks: then every annotation must have one. @default false
   */
  masks?: boolean
  /** Names that a checkpoint was trained on; the annotations must have them all. */
  classes?: readonly string[]
}

/** Reads the annotations of a split, and holds their categories to the model's classes. */
export async function loadSplit(
  config: Config,
  split: 'train' | 'val',
  { masks = false, classes }: SplitOptions = {},
): Promise<{ data: DataConfig; dataset: CocoDataset }> {
  const data = requireCoco(config)
  const { keepEmpty, exif, maxPixels, cache } = data
  const mode = split === 'train' ? 'train' : 'test'
  const invalid = invalidOf(data)
  const reading = { mode, classes, masks, invalid, keepEmpty, exif, maxPixels, cache } as const
  const dataset = await loadCoco({ ...data[split], ...reading })
  const { numClasses } = config.model
  if (dataset.classes.length !== numClasses) {
    const count = dataset.classes.length
    throw new ConfigError(
      'model.numClasses',
      `is ${numClasses}, but ${dataset.annFile} has ${count} categories`,
      `set model.numClasses=${count}, or name other annotations`,
    )
  }
  return { data, dataset }
}

/** `loadSplit`, and its pictures looked at: all must be there, and the first ones whole. */
export async function loadChecked(
  config: Config,
  split: 'train' | 'val',
  options: SplitOptions = {},
): Promise<{ data: DataConfig; dataset: CocoDataset }> {
  const { data, dataset } = await loadSplit(config, split, options)
  const { exif, maxPixels } = data
  const { samples, arePresent } = dataset
  const [checked, noted] = await Promise.allSettled([
    checkImages(samples, { exif, maxPixels, arePresent }),
    noteExif(dataset, data), // reads while the others decode
  ])
  for (const result of [checked, noted]) if (result.status === 'rejected') throw result.reason
  return { data, dataset }
}

/** Largest number of pictures whose EXIF orientation is checked, which takes a few seconds. */
const MAX_HEADERS = 5000

/** Adds to the notes of a data set how many of its pictures EXIF orientation turns. */
export async function noteExif({ samples, counts }: CocoDataset, data: DataConfig): Promise<void> {
  const looked = samples.slice(0, MAX_HEADERS)
  counts.notes.push(...exifLines(await countExif(looked, data)))
}

/**
 * Calls all, and throws what is wrong with the user's files in one error: who fixes one fault is
 * not to meet the next.
 */
export async function findAllFaults(checks: readonly (() => Promise<void>)[]): Promise<void> {
  const sentences: string[] = []
  for (const check of checks) {
    try {
      await check()
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      if (!sentences.includes(error.message)) sentences.push(error.message)
    }
  }
  if (sentences.length > 0) throw DataError.of(sentences.join('\n'))
}

/** `skipInvalid` is the older name of `invalid: 'drop'`. */
function invalidOf({ invalid, skipInvalid }: DataConfig): 'refuse' | 'drop' {
  const byOldName = skipInvalid === undefined ? undefined : skipInvalid ? 'drop' : 'refuse'
  if (invalid !== undefined && byOldName !== undefined && invalid !== byOldName) {
    const what = `is ${skipInvalid}, and data.invalid says '${invalid}'`
    throw new ConfigError('data.skipInvalid', what, 'leave it out')
  }
  return invalid ?? byOldName ?? 'refuse'
}
