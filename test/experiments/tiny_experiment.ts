import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { generateShapes } from '../../datasets/index.js'
import type { Config, DetectionConfig } from '../../registry.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

/** A RetinaNet that trains in milliseconds. */
export const tinyModel: Config['model'] = {
  type: 'RetinaNet',
  numClasses: 3,
  backbone: { type: 'VanillaNet', dims: [4, 8, 8], strides: [2, 2], actNum: 1, outIndices: [0, 1] },
  neck: { type: 'FPN', outChannels: 8, numOuts: 2 },
  head: { type: 'RetinaHead', featChannels: 8, stackedConvs: 1 },
}

/** `tinyModel` on four generated images of its own. */
export async function tinyExperiment(t: ExecutionContext): Promise<{
  folder: string
  config: DetectionConfig & { data: NonNullable<DetectionConfig['data']> }
}> {
  const folder = await temporaryFolder(t)
  const directory = join(folder, 'shapes')
  const split = await generateShapes({ directory, count: 4, size: [64, 64], seed: 0 })
  const config: DetectionConfig & { data: NonNullable<DetectionConfig['data']> } = {
    model: tinyModel,
    data: {
      train: split,
      val: split,
      scales: [[64, 64]],
      testScale: [64, 64],
      batchSize: 2,
      flip: 0,
      bucketStep: 64,
      workers: 0,
    },
    optimizer: { type: 'AdamW', learningRate: 1e-3 },
    schedule: { epochs: 1 },
    logging: { interval: 1 },
  }
  return { folder, config }
}
