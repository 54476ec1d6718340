import test from 'ava'
import { Backbone } from '../../backbones/backbone.js'
import { MaskRCNN, RetinaNet } from '../../detectors/index.js'
import { RetinaHead } from '../../heads/index.js'
import { FPN } from '../../necks/index.js'
import type { ForwardOptions } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { tinyMaskRcnn } from './tiny_mask_rcnn.js'

/** One map of stride 8 that remembers the noise it was given. */
class NoisyBackbone extends Backbone {
  readonly outChannels = [3]
  readonly strides = [8]
  seen: ForwardOptions['noise']

  override noiseShapes(imageCount: number): Record<string, readonly number[]> {
    return { coin: [imageCount, 5] }
  }

  override forward(images: tf.Tensor4D, { noise }: ForwardOptions = {}): tf.Tensor4D[] {
    this.seen = noise
    return [tf.avgPool(images, 8, 8, 'valid')]
  }
}

const images = tf.zeros([2, 32, 32, 3], 'int32') as tf.Tensor4D
const batch = {
  images,
  imageSizes: tf.fill([2, 2], 32) as tf.Tensor2D,
  boxesXyxy: tf.tensor3d([4, 4, 20, 20, 2, 2, 30, 30], [2, 1, 4]),
  labels: tf.tensor2d([[0], [1]], [2, 1], 'int32'),
}

test('RetinaNet asks for the noise of its backbone and hands it over', (t) => {
  const backbone = new NoisyBackbone()
  const detector = new RetinaNet({
    backbone,
    neck: new FPN({ inChannels: [3], inStrides: [8], outChannels: 4, numOuts: 1 }),
    head: new RetinaHead({
      numClasses: 2,
      inChannels: 4,
      featChannels: 4,
      stackedConvs: 1,
      anchors: { strides: [8] },
    }),
  })
  t.deepEqual(detector.noiseShapes({ images: [2, 32, 32, 3], labels: [2, 1] }), { coin: [2, 5] })
  const noise = { coin: tf.zeros([2, 5]) }
  detector.loss({ ...batch, noise }, { training: true })
  t.is(backbone.seen, noise)
  detector.loss(batch)
  t.is(backbone.seen, undefined)
})

test('MaskRCNN asks for it besides its own', (t) => {
  const { neck, rpn_head: rpnHead, roi_head: roiHead } = tinyMaskRcnn()
  const backbone = new NoisyBackbone()
  const detector = new MaskRCNN({ backbone, neck, rpnHead, roiHead })
  const shapes = detector.noiseShapes({ images: [2, 32, 32, 3], labels: [2, 1] })
  t.deepEqual(Object.keys(shapes).sort(), ['coin', 'roi', 'rpn'])
  t.deepEqual(shapes.coin, [2, 5])
  // Its single map does not fit the neck, so that the loss ends after the backbone.
  const noise = { coin: tf.zeros([2, 5]), rpn: tf.zeros([2, 1]), roi: tf.zeros([2, 1]) }
  const masks = { masks: tf.zeros([2, 1, 4, 4]) as tf.Tensor4D, maskFramesXyxy: batch.boxesXyxy }
  t.throws(() => detector.loss({ ...batch, ...masks, noise }, { training: true }))
  t.is(backbone.seen, noise)
})
