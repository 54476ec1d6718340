import test from 'ava'
import {
  type Backbone,
  ResNet,
  type ResNetDepth,
  SwinTransformer,
  VanillaNet,
  type VanillaNetArch,
  vanillaNetArchs,
} from '../../backbones/index.js'
import { countOperations } from '../../benchmark/flops.js'
import { MaskRCNN, RetinaNet } from '../../detectors/index.js'
import { ConfigError } from '../../errors.js'
import { RetinaHead, RoIHead, RPNHead } from '../../heads/index.js'
import { FPN } from '../../necks/index.js'
import { Conv2d } from '../../nn/index.js'
import { tinyMaskRcnn } from '../detectors/tiny_mask_rcnn.js'

type Form = 'train' | 'deploy'

/**
 * At 224x224 for 1000 classes: parameters of both forms, then billions of multiply-accumulates of
 * both.
 */
const PUBLISHED: Record<VanillaNetArch, [number, number, number, number]> = {
  '5': [15_523_304, 22_328_800, 5.161, 8.451],
  '6': [32_509_416, 56_116_704, 5.993, 10.105],
  '7': [32_797_672, 56_670_176, 6.894, 11.827],
  '8': [37_096_424, 65_175_520, 7.736, 13.491],
  '9': [41_395_176, 73_680_864, 8.577, 15.155],
  '10': [45_693_928, 82_186_208, 9.419, 16.819],
  '11': [49_992_680, 90_691_552, 10.261, 18.483],
  '12': [54_291_432, 99_196_896, 11.103, 20.147],
  '13': [58_590_184, 107_702_240, 11.944, 21.81],
  '13_x1_5': [127_796_200, 236_942_048, 26.548, 48.746],
  '13_x1_5_ada_pool': [127_796_200, 236_942_048, 48.983, 89.966],
}

for (const arch of vanillaNetArchs) {
  test(`VanillaNet '${arch}' has the published counts in both forms`, (t) => {
    const [deployParams, trainParams, deployGmacs, trainGmacs] = PUBLISHED[arch]
    const count = (form: Form) =>
      countOperations(new VanillaNet({ arch, form, numClasses: 1000 }), [224, 224])
    const [deploy, train] = [count('deploy'), count('train')]
    t.deepEqual([deploy.params, train.params], [deployParams, trainParams])
    t.is(deploy.gmacs.toFixed(3), deployGmacs.toFixed(3))
    t.is(train.gmacs.toFixed(3), trainGmacs.toFixed(3))
  })
}

/** Counts of VanillaNet '6' in deploy form, by the order of its series activation. */
const BY_ACT_NUM: [params: number, gmacs: string][] = [
  [31_944_168, '5.839'],
  [32_038_376, '5.865'],
  [32_226_792, '5.916'],
  [32_509_416, '5.993'],
  [32_886_248, '6.096'],
]

test('the order of the series activation changes the counts as published', (t) => {
  for (const [actNum, [params, gmacs]] of BY_ACT_NUM.entries()) {
    const model = new VanillaNet({ arch: '6', actNum, form: 'deploy', numClasses: 1000 })
    const counts = countOperations(model, [224, 224])
    t.deepEqual([counts.params, counts.gmacs.toFixed(3)], [params, gmacs])
  }
})

function vanillaNet13(actNum: number, form: Form, outIndices: number[]): VanillaNet {
  return new VanillaNet({ arch: '13', actNum, form, outIndices })
}

function retinaNet(backbone: Backbone): RetinaNet {
  const { outChannels: inChannels } = backbone
  const neck = new FPN({ inChannels, inStrides: backbone.strides, addExtraConvs: 'on_input' })
  return new RetinaNet({ backbone, neck, head: new RetinaHead({ numClasses: 80 }) })
}

const COCO = [800, 1280] as const

/**
 * At 800x1280: parameters, full count, and what mmcv reports (published: 396.9 for both deploy
 * forms).
 */
const RETINANETS: [actNum: number, form: Form, number, string, string][] = [
  [3, 'deploy', 74_589_940, '403.70', '396.94'],
  [4, 'deploy', 75_376_372, '408.42', '396.94'],
  [4, 'train', 123_485_428, '609.75', '599.56'],
]

for (const [actNum, form, params, gmacs, gmacsMmcv] of RETINANETS) {
  test(`RetinaNet with VanillaNet-13, act_num ${actNum}, has its counts in ${form} form`, (t) => {
    const counts = countOperations(retinaNet(vanillaNet13(actNum, form, [1, 8, 10])), COCO)
    t.is(counts.params, params)
    t.is(counts.gmacs.toFixed(2), gmacs)
    t.is(counts.gmacsMmcv.toFixed(2), gmacsMmcv)
  })
}

function maskRcnn(backbone: Backbone): MaskRCNN {
  const neck = new FPN({ inChannels: backbone.outChannels, inStrides: backbone.strides })
  const [rpnHead, roiHead] = [new RPNHead(), new RoIHead({ numClasses: 80 })]
  return new MaskRCNN({ backbone, neck, rpnHead, roiHead })
}

/**
 * At 800x1280: parameters, full count, and what mmcv reports (published: 420.7 for deploy forms).
 */
const MASK_RCNNS: [actNum: number, form: Form, number, string, string][] = [
  [3, 'deploy', 76_364_528, '427.45', '420.73'],
  [4, 'deploy', 77_150_960, '432.17', '420.73'],
  [4, 'train', 125_260_016, '633.49', '623.34'],
]

for (const [actNum, form, params, gmacs, gmacsMmcv] of MASK_RCNNS) {
  test(`Mask R-CNN with VanillaNet-13, act_num ${actNum}, has its counts in ${form} form`, (t) => {
    const counts = countOperations(maskRcnn(vanillaNet13(actNum, form, [0, 1, 8, 10])), COCO)
    t.is(counts.params, params)
    t.is(counts.gmacs.toFixed(2), gmacs)
    t.is(counts.gmacsMmcv.toFixed(2), gmacsMmcv)
  })
}

interface Baseline {
  backbone: () => Backbone
  params: number
  gmacs: string
  gmacsMmcv: string
  /** Millions of parameters and billions by mmcv's count. */
  published: [params: string, gmacsMmcv: string] | undefined
}

const resNet = (depth: ResNetDepth, outIndices: number[]) => () => new ResNet({ depth, outIndices })
const swin = (arch: 'tiny' | 'small', outIndices: number[]) => () =>
  new SwinTransformer({ arch, outIndices })
const [THREE, FOUR] = [
  [1, 2, 3],
  [0, 1, 2, 3],
]

/**
 * Published: of ResNet-50 by mmdetection (parameters that train, so not the stem and the first
 * stage), of Swin by the VanillaNet repository (Swin-S: 69 M and 359 G in full by the Swin
 * repository, tested below).
 */
const RETINANET_BASELINES: Record<string, Baseline> = {
  'ResNet-18': {
    backbone: resNet(18, THREE),
    params: 21_410_100 - 157_504,
    gmacs: '188.46',
    gmacsMmcv: '188.74',
    published: undefined,
  },
  'ResNet-34': {
    backbone: resNet(34, THREE),
    params: 31_518_260 - 231_488,
    gmacs: '226.21',
    gmacsMmcv: '226.57',
    published: undefined,
  },
  'ResNet-50': {
    backbone: resNet(50, THREE),
    params: 37_743_348,
    gmacs: '238.54',
    gmacsMmcv: '239.32',
    published: ['37.7', '239.3'],
  },
  'Swin-T': {
    backbone: swin('tiny', THREE),
    params: 38_458_606,
    gmacs: '246.71',
    gmacsMmcv: '244.80',
    published: ['38.5', '244.8'],
  },
}

const MASK_RCNN_BASELINES: Record<string, Baseline> = {
  'ResNet-18': {
    backbone: resNet(18, FOUR),
    params: 31_327_536 - 157_504,
    gmacs: '207.02',
    gmacsMmcv: '207.34',
    published: undefined,
  },
  'ResNet-34': {
    backbone: resNet(34, FOUR),
    params: 41_435_696 - 231_488,
    gmacs: '244.77',
    gmacsMmcv: '245.16',
    published: undefined,
  },
  'ResNet-50': {
    backbone: resNet(50, FOUR),
    params: 44_170_992,
    gmacs: '259.32',
    gmacsMmcv: '260.14',
    published: ['44.2', '260.1'],
  },
  'Swin-T': {
    backbone: swin('tiny', FOUR),
    params: 47_794_602,
    gmacs: '265.63',
    gmacsMmcv: '263.78',
    published: ['47.8', '263.8'],
  },
  'Swin-S': {
    backbone: swin('small', FOUR),
    params: 69_112_506,
    gmacs: '356.43',
    gmacsMmcv: '353.77',
    published: undefined,
  },
}

const baselines = [
  ...Object.entries(RETINANET_BASELINES).map(
    ([name, baseline]) => [`RetinaNet with ${name}`, retinaNet, baseline] as const,
  ),
  ...Object.entries(MASK_RCNN_BASELINES).map(
    ([name, baseline]) => [`Mask R-CNN with ${name}`, maskRcnn, baseline] as const,
  ),
]

for (const [name, detector, { backbone, ...expected }] of baselines) {
  test(`${name} has ${expected.published ? 'the published' : 'its'} counts`, (t) => {
    const counts = countOperations(detector(backbone()), COCO)
    t.is(counts.params, expected.params)
    t.is(counts.gmacs.toFixed(2), expected.gmacs)
    t.is(counts.gmacsMmcv.toFixed(2), expected.gmacsMmcv)
    const rounded = [(counts.params / 1e6).toFixed(1), counts.gmacsMmcv.toFixed(1)]
    if (expected.published) t.deepEqual(rounded, expected.published)
  })
}

/**
 * Stages of Swin-T at 800x1280: blocks, channels, cells of the map, and those of its whole windows.
 */
const SWIN_T_STAGES: [blocks: number, channels: number, cells: number, padded: number][] = [
  [2, 96, 200 * 320, 203 * 322],
  [2, 192, 100 * 160, 105 * 161],
  [6, 384, 50 * 80, 56 * 84],
  [2, 768, 25 * 40, 28 * 42],
]

test("Swin's padding goes through one linear layer less than in the original, of which 267 G are published", (t) => {
  const saved = SWIN_T_STAGES.map(
    ([blocks, channels, cells, padded]) => blocks * channels ** 2 * (padded - cells),
  ).reduce((sum, macs) => sum + macs)
  const full = (backbone: Backbone) => countOperations(maskRcnn(backbone), COCO).gmacs
  t.is((full(swin('tiny', FOUR)()) + saved / 1e9).toFixed(2), '266.55')
  const [, , third] = SWIN_T_STAGES
  const twelveMore = 12 * third[1] ** 2 * (third[3] - third[2])
  t.is((full(swin('small', FOUR)()) + (saved + twelveMore) / 1e9).toFixed(2), '358.60')
})

/** Counts of classifiers at 224x224 for 1000 classes, as torchvision's count. */
const RESNETS: [depth: ResNetDepth, params: number, gmacs: string][] = [
  [18, 11_689_512, '1.814'],
  [34, 21_797_672, '3.664'],
  [50, 25_557_032, '4.089'],
  [101, 44_549_160, '7.801'],
  [152, 60_192_808, '11.514'],
]

for (const [depth, params, gmacs] of RESNETS) {
  test(`ResNet-${depth} has the published counts as a classifier`, (t) => {
    const counts = countOperations(new ResNet({ depth, numClasses: 1000 }), [224, 224])
    t.deepEqual([counts.params, counts.gmacs.toFixed(3)], [params, gmacs])
  })
}

test('numbers worked by hand: the norms of a ResNet count apart though they are folded', (t) => {
  const model = new ResNet({ depth: 18, baseChannels: 2, outIndices: [0] })
  const { gmacs, gmacsMmcv } = countOperations(model, [32, 32])
  const [stem, stage] = [16 * 16 * 2, 8 * 8 * 2] // values of each feature map
  const layers = stem * (3 * 49) + 4 * stage * (2 * 9)
  t.is(Math.round(gmacs * 1e9), layers)
  // Each norm 2 and each ReLU 1 for every value, and the pooling's inputs.
  t.is(Math.round(gmacsMmcv * 1e9), layers + 3 * stem + stem + 4 * 3 * stage)
})

test('frozen weights are counted apart: RetinaNet with ResNet-50 has 37,968,692 with them', (t) => {
  const detector = retinaNet(resNet(50, THREE)())
  const { params, frozenParams, paramsAndBuffers } = countOperations(detector, [64, 64])
  t.is(params + frozenParams, 37_968_692)
  // A mean and a variance of each normed channel
  t.is(paramsAndBuffers - params - frozenParams, 2 * 26_560)
})

test('buffers are counted apart from parameters', (t) => {
  const backbone = new VanillaNet({ dims: [4, 6], strides: [2] })
  const { params, paramsAndBuffers } = countOperations(backbone, [32, 32])
  // Channels of stem1, stem2, its activation, conv1, conv2, act
  const normed = 4 + 4 + 4 + 4 + 6 + 6
  t.is(paramsAndBuffers - params, 2 * normed)
})

test('numbers worked by hand: one stage in deploy form', (t) => {
  const model = new VanillaNet({ dims: [4, 6], strides: [2], actNum: 1, form: 'deploy' })
  const { gmacs, gmacsMmcv } = countOperations(model, [32, 32])
  const [stem, stage, half] = [8 * 8 * 4, 8 * 8 * 6, 4 * 4 * 6] // values of each feature map
  const layers = stem * (3 * 16) + stage * 4
  t.is(Math.round(gmacs * 1e9), layers + stem * 9 + half * 9)
  // Biases of the stem and the stage, and the pooling's inputs; the series activation is not seen.
  t.is(Math.round(gmacsMmcv * 1e9), layers + stem + stage + stage)
})

test('numbers worked by hand: a Mask R-CNN of 8 channels', (t) => {
  const { gmacs, gmacsMmcv } = countOperations(tinyMaskRcnn(), [64, 64])
  const cells = [16 * 16, 8 * 8, 4 * 4, 2 * 2, 1]
  const all = 16 * 16 + 8 * 8 + 4 * 4 + 2 * 2 + 1
  // Of each convolution: the values that it makes, and the multiply-accumulates of one of them.
  const convolutions: [values: number, of: number][] = [
    // backbone
    ...[4, 5, 6, 7].map((c, i): [number, number] => [cells[i] * c, [48, 16, 20, 24][i]]),
    ...[4, 5, 6, 7].map((c, i): [number, number] => [cells[i] * 8, c]), // laterals
    ...[0, 1, 2, 3].map((i): [number, number] => [cells[i] * 8, 72]), // FPN
    [all * 8, 72], // rpn_conv
    [all * 3, 8],
    [all * 12, 8],
    [100 * 14 * 14 * 8, 72], // mask_head.convs
    [100 * 14 * 14 * 8, 72],
    [100 * 28 * 28 * 8, 8], // upsample: each value has one cell below it
    [100 * 28 * 28 * 3, 8],
  ]
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
  const products = 1000 * (8 * 49 * 16 + 16 * 16 + 16 * 4 + 16 * 12)
  const macs = sum(convolutions.map(([values, of]) => values * of)) + products
  t.is(Math.round(gmacs * 1e9), macs)

  const biases = sum(convolutions.map(([values]) => values))
  const backbone = 16 * 16 * 4 + 8 * 8 * 5 + 4 * 4 * 6 + 2 * 2 * 7
  // Not those of the proposal network, nor the pooling that makes P6: they are functions in
  // mmdetection.
  const relus = backbone + 1000 * 2 * 16 + 100 * 8 * (14 * 14 + 14 * 14 + 28 * 28)
  t.is(Math.round(gmacsMmcv * 1e9), macs + biases + relus)
})

test('no weight is drawn', (t) => {
  const model = new VanillaNet({ dims: [4, 6], strides: [2] })
  for (const [name, parameter] of model.namedParameters()) {
    Object.defineProperty(parameter, 'data', { get: () => t.fail(`${name} was drawn`) })
  }
  t.true(countOperations(model, [32, 32]).gmacs > 0)
})

test('a model of which the network is not known is refused', (t) => {
  const model = new Conv2d({ inChannels: 3, outChannels: 3, kernelSize: 1 })
  const error = t.throws(() => countOperations(model, [32, 32]), { instanceOf: ConfigError })
  t.is(
    error.message,
    'the model is Conv2d, whose network is not known here; count or time a RetinaNet, a MaskRCNN or a Classifier',
  )
})
