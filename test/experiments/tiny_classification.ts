import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { generateTextures, TEXTURE_CLASSES } from '../../datasets/classification/textures.js'
import type { ClassificationConfig, Config, ImageFolderConfig } from '../../registry.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

/** A classifier that trains in milliseconds. */
export const tinyClassifierModel: Config['model'] = {
  type: 'Classifier',
  numClasses: TEXTURE_CLASSES.length,
  backbone: { type: 'VanillaNet', dims: [4, 8], strides: [2], actNum: 1 },
}

interface TinyClassification {
  folder: string
  config: ClassificationConfig & { data: ImageFolderConfig }
}

/** `tinyClassifierModel` on a few generated pictures of each class. */
export async function tinyClassification(
  t: ExecutionContext,
  { perClass = 2, size = 32 } = {},
): Promise<TinyClassification> {
  const folder = await temporaryFolder(t)
  const directory = join(folder, 'textures')
  await generateTextures({ directory, perClass, size, seed: 0 })
  const config = {
    model: tinyClassifierModel,
    data: {
      type: 'ImageFolder' as const,
      train: { folder: directory },
      val: { folder: directory },
      imageSize: size,
      batchSize: 4,
      workers: 0,
    },
    optimizer: { type: 'AdamW' as const, learningRate: 1e-3 },
    schedule: { epochs: 1 },
    evaluation: { interval: 1 },
    logging: { interval: 1 },
  }
  return { folder, config }
}

/** The same for two epochs of four batches, evaluated on half of the pictures. */
export async function twoEpochs(t: ExecutionContext): Promise<TinyClassification> {
  const { folder, config } = await tinyClassification(t, { perClass: 4, size: 16 })
  const val = { ...config.data.val, limitPerClass: 2 }
  const data = { ...config.data, val, batchSize: 10, testBatchSize: 8 }
  return { folder, config: { ...config, data, schedule: { epochs: 2 } } }
}
