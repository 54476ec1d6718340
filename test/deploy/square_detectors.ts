/** Detectors with weights chosen by hand, so that it is known what each channel sees. */

import { Backbone } from '../../backbones/index.js'
import { MaskRCNN, RetinaNet } from '../../detectors/index.js'
import { RetinaHead, RoIHead, RPNHead } from '../../heads/index.js'
import { Neck } from '../../necks/index.js'
import * as tf from '../../tf/tf.js'

export const STRIDE = 8

/**
 * Three channels, which see how red, green and blue a cell of 8 x 8 pixels is: the mean, 0 to 1.
 */
class ColorBackbone extends Backbone {
  readonly outChannels = [3]
  readonly strides = [STRIDE]

  override forward(images: tf.Tensor4D): tf.Tensor4D[] {
    return [tf.avgPool(images, STRIDE, STRIDE, 'valid')]
  }
}

class NoNeck extends Neck {
  readonly outChannels = 3
  readonly strides = [STRIDE]
  readonly roiLevels = 1

  override forward(features: tf.Tensor4D[]): tf.Tensor4D[] {
    return features
  }
}

const parts = () => ({
  backbone: new ColorBackbone(),
  neck: new NoNeck(),
  pixelMean: [0, 0, 0],
  pixelStd: [255, 255, 255],
})

/**
 * A RetinaNet of two classes: the logit of 0 is red less half of green, that of 1 is blue, both of
 * the cell.
 */
export function colorRetinaNet(): RetinaNet {
  const head = new RetinaHead({
    numClasses: 2,
    inChannels: 3,
    featChannels: 3,
    stackedConvs: 0,
    anchors: { strides: [STRIDE], scalesPerOctave: 1, ratios: [1], octaveBaseScale: 1 },
  })
  const detector = new RetinaNet({ ...parts(), head }).initialize(0)
  const { weight, bias } = detector.bbox_head.retina_cls // [2, 3, 3, 3]
  weight.data = new Float32Array(2 * 27)
  for (const [output, channel, value] of [
    [0, 0, 1],
    [0, 1, -0.5],
    [1, 2, 1],
  ])
    weight.data[output * 27 + channel * 9 + 4] = value // 4: the middle of the kernel
  bias!.data = new Float32Array(2)
  return detector
}

/**
 * A RetinaNet of two classes: the logit of 0 is red, plus three times as much as red is below a
 * half, doubled.
 */
export function darkRetinaNet(): RetinaNet {
  const head = new RetinaHead({
    numClasses: 2,
    inChannels: 3,
    featChannels: 3,
    stackedConvs: 1,
    anchors: { strides: [STRIDE], scalesPerOctave: 1, ratios: [1], octaveBaseScale: 1 },
  })
  const detector = new RetinaNet({ ...parts(), head }).initialize(0)
  const { cls_convs, retina_cls } = detector.bbox_head
  const { weight, bias } = cls_convs[0].conv
  weight.data = new Float32Array(81)
  weight.data[4] = 1 // the first hidden channel is red,
  weight.data[27 + 4] = -2 // the second 1 - 2 red
  bias!.data = Float32Array.of(0, 1, 0)
  retina_cls.weight.data = new Float32Array(54)
  retina_cls.weight.data[4] = 1
  retina_cls.weight.data[9 + 4] = 3
  retina_cls.bias!.data = new Float32Array(2)
  return detector
}

/**
 * A Mask R-CNN of two classes: red and blue of what is in a RoI are the logits, 0 that of the
 * background.
 */
export function colorMaskRcnn(): MaskRCNN {
  const detector = new MaskRCNN({
    ...parts(),
    rpnHead: new RPNHead({
      inChannels: 3,
      featChannels: 3,
      anchors: { strides: [STRIDE], scales: [1], ratios: [1] },
      test: { nmsPre: 64, maxPerImage: 64 },
    }),
    roiHead: new RoIHead({
      numClasses: 2,
      inChannels: 3,
      extractor: { strides: [STRIDE] },
      bbox: { roiSize: 1, fcChannels: 3 },
      mask: { roiSize: 2, numConvs: 0, convChannels: 3 },
    }),
  }).initialize(0)
  const { shared_fcs, fc_cls } = detector.roi_head.bbox_head
  for (const { weight } of shared_fcs) weight.data = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
  fc_cls.weight.data = Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0) // red, blue, nothing
  return detector
}
