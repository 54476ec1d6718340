import test from 'ava'
import maskRcnn from '../../../configs/mask_rcnn_vanilla13.js'
import tiny from '../../../configs/retinanet_tiny_shapes.js'
import retinanet from '../../../configs/retinanet_vanilla13.js'
import type { Config } from '../../../registry.js'
import { networkNames } from '../../../tools/cli/network_names.js'

const withBackbone = (backbone: object) =>
  ({ ...retinanet, model: { ...retinanet.model, backbone } }) as Config

test('published networks have the names that papers give them', (t) => {
  t.deepEqual(networkNames(retinanet), { framework: 'RetinaNet', backbone: 'VanillaNet-13' })
  t.deepEqual(networkNames(maskRcnn), { framework: 'Mask R-CNN', backbone: 'VanillaNet-13' })
  for (const [backbone, name] of [
    [{ type: 'SwinTransformer', arch: 'tiny', dropPathRate: 0.2 }, 'Swin-T'],
    [{ type: 'SwinTransformer', arch: 'small' }, 'Swin-S'],
    [{ type: 'ResNet', depth: 50, frozenStages: 1 }, 'ResNet-50'],
  ] as const) {
    t.is(networkNames(withBackbone(backbone)).backbone, name)
  }
})

test('one of other widths is not called by a published name', (t) => {
  t.is(networkNames(tiny).backbone, 'VanillaNet')
  const wide = withBackbone({ type: 'SwinTransformer', arch: 'tiny', embedDim: 128 })
  t.is(networkNames(wide).backbone, 'SwinTransformer')
  const bare = withBackbone({ type: 'VanillaNet', arch: '13', actNum: 0 })
  t.is(networkNames(bare).backbone, 'VanillaNet')
})
