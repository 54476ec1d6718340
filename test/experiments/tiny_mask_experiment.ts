import type { ExecutionContext } from 'ava'
import type { Config } from '../../registry.js'
import { tinyExperiment } from './tiny_experiment.js'

/** A Mask R-CNN on the images of `tinyExperiment`: 16 anchors and 8 RoIs an image. */
export async function tinyMaskExperiment(t: ExecutionContext): ReturnType<typeof tinyExperiment> {
  const { folder, config } = await tinyExperiment(t)
  const model: Config['model'] = {
    type: 'MaskRCNN',
    numClasses: 3,
    backbone: {
      type: 'VanillaNet',
      dims: [4, 8, 8],
      strides: [2, 2],
      actNum: 1,
      outIndices: [0, 1],
    },
    neck: { type: 'FPN', outChannels: 8, numOuts: 3 },
    rpnHead: {
      type: 'RPNHead',
      featChannels: 8,
      anchors: { scales: [4] },
      sampler: { num: 16, posFraction: 0.5 },
      train: { nmsPre: 20, maxPerImage: 16 },
      test: { nmsPre: 20, maxPerImage: 12 },
    },
    roiHead: {
      type: 'RoIHead',
      extractor: { finestScale: 28 },
      bbox: { roiSize: 3, fcChannels: 8 },
      mask: { roiSize: 4, numConvs: 1, convChannels: 8 },
      sampler: { num: 8, posFraction: 0.25 },
      test: { maxPerImage: 5 },
    },
  }
  return { folder, config: { ...config, model } }
}
