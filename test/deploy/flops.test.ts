import test from 'ava'
import { VanillaNet, type VanillaNetArch, vanillaNetArchs } from '../../backbones/index.js'
import { countOperations } from '../../deploy/flops.js'
import { MaskRCNN, RetinaNet } from '../../detectors/index.js'
import { ConfigError } from '../../errors.js'
import { RetinaHead, RoIHead, RPNHead } from '../../heads/index.js'
import { FPN } from '../../necks/index.js'
import { Conv2d } from '../../nn/index.js'
import { tinyMaskRcnn } from '../detectors/tiny_mask_rcnn.js'

type Form = 'train' | 'deploy'

/** At 224x224 for 1000 classes: parameters of both forms, then billions of multiply-accumulates of both. */
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

/** Of VanillaNet '6' in deploy form, by the order of its series activation. */
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

function retinaNet(actNum: number, form: Form): RetinaNet {
  const backbone = new VanillaNet({ arch: '13', actNum, form, outIndices: [1, 8, 10] })
  const { outChannels: inChannels } = backbone
  const neck = new FPN({ inChannels, addExtraConvs: 'on_input' })
  return new RetinaNet({ backbone, neck, head: new RetinaHead({ numClasses: 80 }) })
}

/** At 800x1280: parameters, full count, and what mmcv reports (published: 396.9 for both deploy forms). */
const RETINANETS: [actNum: number, form: Form, number, string, string][] = [
  [3, 'deploy', 74_589_940, '403.70', '396.94'],
  [4, 'deploy', 75_376_372, '408.42', '396.94'],
  [4, 'train', 123_485_428, '609.75', '599.56'],
]

for (const [actNum, form, params, gmacs, gmacsMmcv] of RETINANETS) {
  test(`RetinaNet with VanillaNet-13, act_num ${actNum}, has its counts in ${form} form`, (t) => {
    const counts = countOperations(retinaNet(actNum, form), [800, 1280])
    t.is(counts.params, params)
    t.is(counts.gmacs.toFixed(2), gmacs)
    t.is(counts.gmacsMmcv.toFixed(2), gmacsMmcv)
  })
}

function maskRcnn(actNum: number, form: Form): MaskRCNN {
  const backbone = new VanillaNet({ arch: '13', actNum, form, outIndices: [0, 1, 8, 10] })
  const neck = new FPN({ inChannels: backbone.outChannels })
  const [rpnHead, roiHead] = [new RPNHead(), new RoIHead({ numClasses: 80 })]
  return new MaskRCNN({ backbone, neck, rpnHead, roiHead })
}

/** At 800x1280: parameters, full count, and what mmcv reports, to 0.02 % (published: 420.7 for deploy forms). */
const MASK_RCNNS: [actNum: number, form: Form, number, string, string][] = [
  [3, 'deploy', 76_364_528, '427.45', '420.75'],
  [4, 'deploy', 77_150_960, '432.17', '420.75'],
  [4, 'train', 125_260_016, '633.49', '623.37'],
]

for (const [actNum, form, params, gmacs, gmacsMmcv] of MASK_RCNNS) {
  test(`Mask R-CNN with VanillaNet-13, act_num ${actNum}, has its counts in ${form} form`, (t) => {
    const counts = countOperations(maskRcnn(actNum, form), [800, 1280])
    t.is(counts.params, params)
    t.is(counts.gmacs.toFixed(2), gmacs)
    t.is(counts.gmacsMmcv.toFixed(2), gmacsMmcv)
    if (form === 'deploy') t.true(Math.abs(counts.gmacsMmcv / 420.7 - 1) < 2e-4)
  })
}

test('buffers are counted apart from parameters', (t) => {
  const backbone = new VanillaNet({ dims: [4, 6], strides: [2] })
  const { params, paramsAndBuffers } = countOperations(backbone, [32, 32])
  const normed = 4 + 4 + 4 + 4 + 6 + 6 // channels of stem1, stem2, its activation, conv1, conv2, act
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
    ...[4, 5, 6, 7].map((c, i): [number, number] => [cells[i] * c, [48, 16, 20, 24][i]]), // backbone
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
  const relus = backbone + all * 8 + 1000 * 2 * 16 + 100 * 8 * (14 * 14 + 14 * 14 + 28 * 28)
  const pooling = 2 * 2 * 8
  t.is(Math.round(gmacsMmcv * 1e9), macs + biases + relus + pooling)
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
    'model.type is Conv2d, whose network is not known here; add it to deploy/raw_outputs.ts',
  )
})
