import { VanillaNet } from '../../backbones/index.js'
import { reparameterize } from '../../deploy/reparameterize.js'
import type { MaskRCNN } from '../../detectors/index.js'
import { Random, randomizeNorms } from '../../nn/index.js'
import { narrowMaskRcnn } from '../detectors/narrow_mask_rcnn.js'

/**
 * VanillaNet of four stages, FPN of five levels and heads for 3 classes, with random weights large
 * enough that some RoIs are above the score threshold and some are not, and that masks have an
 * inside and an outside.
 */
export async function smallMaskRcnn(form: 'train' | 'deploy' = 'deploy'): Promise<MaskRCNN> {
  const backbone = new VanillaNet({
    dims: [8, 8, 12, 16, 16],
    strides: [1, 2, 2, 2],
    actNum: 1,
    outIndices: [0, 1, 2, 3],
  })
  const detector = narrowMaskRcnn(backbone, {
    finestScale: 14,
    rpn: { test: { nmsPre: 40, maxPerImage: 30 } },
    roi: { mask: { numConvs: 1, convChannels: 8 }, test: { maxPerImage: 12 } },
  }).initialize(1)
  randomizeNorms(detector, 2)
  const { rpn_head, roi_head } = detector
  // One of few streams with high and low scores, of all classes
  const random = new Random('smallMaskRcnn', 57)
  for (const [{ weight }, deviation] of [
    [rpn_head.rpn_conv, 0.2],
    [rpn_head.rpn_cls, 0.5],
    [rpn_head.rpn_reg, 0.1],
    [roi_head.bbox_head.fc_cls, 1],
    [roi_head.bbox_head.fc_reg, 0.5],
    [roi_head.mask_head.conv_logits, 1],
  ] as const) {
    weight.data = weight.data.map(() => deviation * random.normal())
  }
  if (form === 'deploy') await reparameterize(detector, { imageSize: [32, 32] })
  return detector
}
