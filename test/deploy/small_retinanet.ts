import { VanillaNet } from '../../backbones/index.js'
import { reparameterize } from '../../deploy/reparameterize.js'
import { RetinaNet } from '../../detectors/index.js'
import { RetinaHead } from '../../heads/index.js'
import { FPN } from '../../necks/index.js'
import { Random, randomizeNorms } from '../../nn/index.js'

/**
 * VanillaNet of three stages, FPN of three levels and a head for 3 classes, with random weights
 * large enough that some boxes are above the score threshold and some are not.
 */
export async function smallRetinaNet(form: 'train' | 'deploy' = 'deploy'): Promise<RetinaNet> {
  const backbone = new VanillaNet({
    dims: [8, 8, 12, 16],
    strides: [1, 2, 2],
    actNum: 1,
    outIndices: [1, 2],
  })
  const detector = new RetinaNet({
    backbone,
    neck: new FPN({
      inChannels: backbone.outChannels,
      inStrides: backbone.strides,
      outChannels: 8,
      numOuts: 3,
      addExtraConvs: 'on_input',
    }),
    head: new RetinaHead({
      numClasses: 3,
      inChannels: 8,
      featChannels: 8,
      stackedConvs: 1,
      anchors: { strides: [8, 16, 32] },
      test: { nmsPre: 50, maxPerImage: 20 },
    }),
  }).initialize(1)
  randomizeNorms(detector, 2)
  const random = new Random('smallRetinaNet')
  const { retina_cls, cls_convs } = detector.bbox_head
  for (const { weight } of [retina_cls, cls_convs[0].conv]) {
    weight.data = weight.data.map(() => 0.3 * random.normal())
  }
  if (form === 'deploy') await reparameterize(detector, { imageSize: [32, 32] })
  return detector
}
