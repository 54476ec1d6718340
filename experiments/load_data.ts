import { type CocoDataset, loadCoco } from '../datasets/index.js'
import { ConfigError } from '../errors.js'
import type { Config, DataConfig } from '../registry.js'

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

/**
 * Reads the annotations of a split, and holds their categories to the model's classes.
 *
 * @param classes names that a checkpoint was trained on; the annotations must have them all.
 */
export async function loadSplit(
  config: Config,
  split: 'train' | 'val',
  classes?: readonly string[],
): Promise<{ data: DataConfig; dataset: CocoDataset }> {
  const data = requirePart(config, 'data')
  const { skipInvalid, keepEmpty } = data
  const mode = split === 'train' ? 'train' : 'test'
  const dataset = await loadCoco({ ...data[split], mode, classes, skipInvalid, keepEmpty })
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
