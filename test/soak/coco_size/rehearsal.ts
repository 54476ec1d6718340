import { join } from 'node:path'
import rehearsalRetinanet from '../../../configs/rehearsal_retinanet.js'
import { type CocoDataset, TrainLoader } from '../../../datasets/index.js'
import { loadChecked } from '../../../experiments/load_data.js'
import type { Config, DataConfig } from '../../../registry.js'

/** The files of both splits in a folder of COCO's layout. */
export function filesOf(folder: string) {
  const split = (name: string) => ({
    annFile: join(folder, `annotations/instances_${name}.json`),
    imageDir: join(folder, name),
  })
  return { train: split('train2017'), val: split('val2017') }
}

/** Where the columns of the annotations are kept: with the data, not among the user's. */
export function cacheOf(folder: string): string {
  return join(folder, 'cache')
}

/** The config of the rehearsal with the data of a folder. */
export function rehearsalOf(folder: string): Config & { data: DataConfig } {
  const { data, ...rest } = rehearsalRetinanet
  return { ...rest, data: { ...data!, ...filesOf(folder), cache: cacheOf(folder) } }
}

export async function openTraining(folder: string, masks: boolean): Promise<CocoDataset> {
  return (await loadChecked(rehearsalOf(folder), 'train', { masks })).dataset
}

/** The loader that a training run has. */
export function loaderOf(
  folder: string,
  dataset: CocoDataset,
  options: { masks?: boolean; workers?: number } = {},
): TrainLoader {
  const { data, seed = 0 } = rehearsalOf(folder)
  return new TrainLoader({ ...data, dataset, seed, ...options })
}
