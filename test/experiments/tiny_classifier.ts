import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { generateTextures, TEXTURE_CLASSES } from '../../datasets/classification/textures.js'
import type { ClassificationConfig, ImageFolderConfig } from '../../registry.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

/** A VanillaNet that classifies four generated pictures of each class, in milliseconds. */
export async function tinyClassifier(t: ExecutionContext): Promise<{
  folder: string
  config: ClassificationConfig & { data: ImageFolderConfig }
}> {
  const folder = await temporaryFolder(t)
  const directory = join(folder, 'textures')
  await generateTextures({ directory, perClass: 4, size: 16, seed: 0 })
  const config: ClassificationConfig & { data: ImageFolderConfig } = {
    model: {
      type: 'Classifier',
      numClasses: TEXTURE_CLASSES.length,
      backbone: { type: 'VanillaNet', dims: [4, 8], strides: [2], actNum: 1 },
    },
    data: {
      type: 'ImageFolder',
      train: { folder: directory },
      val: { folder: directory, limitPerClass: 2 },
      imageSize: 16,
      batchSize: 10,
      testBatchSize: 8,
      workers: 0,
    },
    optimizer: { type: 'AdamW', learningRate: 1e-3 },
    schedule: { epochs: 2 },
    logging: { interval: 1 },
    evaluation: { interval: 1 },
  }
  return { folder, config }
}
