import { Backbone } from '../../backbones/backbone.js'
import type { MaskRCNN } from '../../detectors/mask_rcnn.js'
import { Conv2d, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { narrowMaskRcnn } from './narrow_mask_rcnn.js'

/** Convolutions with ReLU at strides 4, 8, 16 and 32. */
class TinyBackbone extends Backbone {
  readonly outChannels = [4, 5, 6, 7]
  readonly strides = [4, 8, 16, 32]
  readonly stages = [
    new Conv2d({ inChannels: 3, outChannels: 4, kernelSize: 4, stride: 4 }),
    new Conv2d({ inChannels: 4, outChannels: 5, kernelSize: 2, stride: 2 }),
    new Conv2d({ inChannels: 5, outChannels: 6, kernelSize: 2, stride: 2 }),
    new Conv2d({ inChannels: 6, outChannels: 7, kernelSize: 2, stride: 2 }),
  ]

  override forward(images: tf.Tensor4D): tf.Tensor4D[] {
    const features = [images]
    for (const [i, stage] of this.stages.entries())
      features.push(tf.relu(stage.forward(features[i])))
    return features.slice(1)
  }
}

/**
 * A Mask R-CNN of 8 channels and three classes that samples 32 anchors and 16 RoIs of an image. Its
 * random weights keep the size of what goes through, so that no part is dead and boxes differ.
 */
export function tinyMaskRcnn(): MaskRCNN {
  const model = narrowMaskRcnn(new TinyBackbone(), {
    finestScale: 7,
    rpn: {
      sampler: { num: 32, posFraction: 0.5 },
      train: { nmsPre: 40, maxPerImage: 30 },
      test: { nmsPre: 30, maxPerImage: 20 },
    },
    roi: {
      mask: { numConvs: 2, convChannels: 8 },
      sampler: { num: 16, posFraction: 0.25 },
      test: { maxPerImage: 10 },
    },
  })
  for (const [name, parameter] of model.namedParameters()) {
    const random = new Random('tiny weights', name)
    const { shape } = parameter
    const inputs = shape.slice(1).reduce((product, side) => product * side, 1)
    const share = /_reg\./.test(name) ? 0.3 : 1 // larger deltas would leave the image
    const deviation = shape.length === 1 ? 0.1 : Math.sqrt(2 / inputs)
    parameter.data = parameter.data.map(() => share * deviation * random.normal())
  }
  return model
}
