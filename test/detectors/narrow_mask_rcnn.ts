import type { Backbone } from '../../backbones/index.js'
import { MaskRCNN } from '../../detectors/index.js'
import { RoIHead, type RoIHeadOptions, RPNHead, type RPNHeadOptions } from '../../heads/index.js'
import { FPN } from '../../necks/index.js'

export interface NarrowOptions {
  /** Side of the RoIs that are read from the finest map, up to twice that, input pixels. */
  finestScale: number
  rpn: Pick<RPNHeadOptions, 'sampler' | 'train' | 'test'>
  roi: Pick<RoIHeadOptions, 'mask' | 'sampler' | 'test'>
}

/**
 * A Mask R-CNN of 8 channels behind a backbone, for three classes, with anchors small enough for
 * small images.
 */
export function narrowMaskRcnn(
  backbone: Backbone,
  { finestScale, rpn, roi }: NarrowOptions,
): MaskRCNN {
  const [numClasses, inChannels] = [3, 8]
  return new MaskRCNN({
    backbone,
    neck: new FPN({
      inChannels: backbone.outChannels,
      inStrides: backbone.strides,
      outChannels: inChannels,
    }),
    rpnHead: new RPNHead({ inChannels, featChannels: 8, anchors: { scales: [4] }, ...rpn }),
    roiHead: new RoIHead({
      numClasses,
      inChannels,
      extractor: { finestScale },
      bbox: { fcChannels: 16 },
      ...roi,
    }),
  })
}
