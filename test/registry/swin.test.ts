import test from 'ava'
import { SwinTransformer } from '../../backbones/index.js'
import { ConfigError } from '../../errors.js'
import type { Module } from '../../nn/index.js'
import { backbones, buildModel, type ModelConfig } from '../../registry.js'

const parametersOf = (model: Module) =>
  model
    .namedParameters()
    .map(([, { shape }]) => shape.reduce((product, side) => product * side, 1))
    .reduce((sum, size) => sum + size)

const head = { type: 'RetinaHead' } as const
const neck = { type: 'FPN', outChannels: 256, addExtraConvs: 'on_input' } as const

test('RetinaNet with Swin-T has the published size, with norms of the maps it uses', (t) => {
  const model: ModelConfig = {
    type: 'RetinaNet',
    numClasses: 80,
    backbone: { type: 'SwinTransformer', arch: 'tiny', outIndices: [1, 2, 3] },
    neck,
    head,
  }
  t.is(parametersOf(buildModel(model)), 38_458_606)
})

test('Mask R-CNN with Swin-T has the published size', (t) => {
  const model: ModelConfig = {
    type: 'MaskRCNN',
    numClasses: 80,
    backbone: { type: 'SwinTransformer', arch: 'tiny' },
    neck: { type: 'FPN', outChannels: 256 },
    rpnHead: { type: 'RPNHead' },
    roiHead: { type: 'RoIHead' },
  }
  t.is(parametersOf(buildModel(model)), 47_794_602)
})

test('the schema knows every option of Swin', (t) => {
  const options = {
    type: 'SwinTransformer' as const,
    arch: 'small' as const,
    embedDim: 8,
    depths: [1, 2],
    numHeads: [1, 2],
    windowSize: 4,
    mlpRatio: 2,
    dropPathRate: 0.2,
    outIndices: [0, 1],
  }
  t.deepEqual(backbones.schema.parse(options), options)
  const built = backbones.create(options, { form: 'train' })
  t.true(built instanceof SwinTransformer)
  t.deepEqual(built.outChannels, [8, 16])
})

test('a classifier of Swin is refused', (t) => {
  const model: ModelConfig = {
    type: 'Classifier',
    numClasses: 10,
    backbone: { type: 'SwinTransformer', arch: 'tiny' },
  }
  t.throws(() => buildModel(model), {
    instanceOf: ConfigError,
    message:
      'model.backbone.type is SwinTransformer, which has no classifier here; use a VanillaNet, a ResNet or an AlexNet, or make a detector of it',
  })
})
