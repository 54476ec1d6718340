import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { generateTextures, TEXTURE_CLASSES } from '../../datasets/classification/textures.js'
import type { Config, ImageFolderConfig } from '../../registry.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

/** A classifier that trains in milliseconds. */
export const tinyClassifierModel: Config['model'] = {
  type: 'Classifier',
  numClasses: TEXTURE_CLASSES.length,
  backbone: { type: 'VanillaNet', dims: [4, 8], strides: [2], actNum: 1 },
}

/** `tinyClassifierModel` on two generated pictures of each class. */
export async function tinyClassification(
  t: ExecutionContext,
): Promise<{ folder: string; config: Config & { data: ImageFolderConfig } }> {
  const folder = await temporaryFolder(t)
  const directory = join(folder, 'textures')
  await generateTextures({ directory, perClass: 2, seed: 0 })
  const config: Config & { data: ImageFolderConfig } = {
    model: tinyClassifierModel,
    data: {
      type: 'ImageFolder',
      train: { folder: directory },
      val: { folder: directory },
      imageSize: 32,
      batchSize: 4,
      workers: 0,
    },
    optimizer: { type: 'AdamW', learningRate: 1e-3 },
    schedule: { epochs: 1 },
    evaluation: { interval: 1 },
    logging: { interval: 1 },
  }
  return { folder, config }
}
