import test from 'ava'
import maskRcnnTinyShapes from '../../configs/mask_rcnn_tiny_shapes.js'
import maskRcnnVanilla5Overfit from '../../configs/mask_rcnn_vanilla5_overfit.js'
import maskRcnnVanilla13 from '../../configs/mask_rcnn_vanilla13.js'
import rehearsalRetinanet from '../../configs/rehearsal_retinanet.js'
import retinanetTinyShapes from '../../configs/retinanet_tiny_shapes.js'
import vanilla5Overfit from '../../configs/retinanet_vanilla5_overfit.js'
import retinanetVanilla13 from '../../configs/retinanet_vanilla13.js'
import vanillanet13Imagenet from '../../configs/vanillanet13_imagenet.js'
import type { RetinaNet } from '../../detectors/index.js'
import { resolveConfig } from '../../experiments/load.js'
import { buildDetector, buildModel, type Config } from '../../registry.js'

const configs: Record<string, Config> = {
  retinanetVanilla13,
  vanilla5Overfit,
  retinanetTinyShapes,
  vanillanet13Imagenet,
  maskRcnnVanilla13,
  maskRcnnVanilla5Overfit,
  maskRcnnTinyShapes,
  rehearsalRetinanet,
}

for (const [name, config] of Object.entries(configs)) {
  test(`${name} passes its schema and can be built in both forms`, (t) => {
    const { model } = resolveConfig(config)
    const train = buildModel(model).namedParameters()
    const deploy = buildModel(model, { form: 'deploy' }).namedParameters()
    t.true(deploy.length < train.length)
    if (model.type !== 'Classifier') {
      t.is(buildDetector(model).needsMasks, model.type === 'MaskRCNN')
    }
  })
}

test('retinanet_vanilla13 has the parameters that are published, merged at actNum 4 and 3', (t) => {
  const count = (...items: string[]) =>
    buildModel(resolveConfig(retinanetVanilla13, items).model, { form: 'deploy' })
      .namedParameters()
      .map(([, { shape }]) => shape.reduce((product, side) => product * side, 1))
      .reduce((sum, size) => sum + size, 0)
  t.is(count(), 75_376_372)
  t.is(count('model.backbone.actNum=3'), 74_589_940)
})

test('retinanet_vanilla13 is the official recipe', (t) => {
  const { data, optimizer, schedule, evaluation } = retinanetVanilla13
  t.deepEqual(
    data?.scales.map(([, short]) => short),
    Array.from({ length: 18 }, (_, i) => 480 + 32 * i),
  )
  t.true(data?.scales.every(([long]) => long === 1333))
  t.deepEqual(data?.testScale, [1333, 800])
  t.is(data?.flip, 0.5)
  t.deepEqual([data?.batchSize, optimizer?.accumulate], [4, 8]) // on 8 GPUs
  t.deepEqual(evaluation, { interval: 1 })
  t.like(optimizer, {
    type: 'AdamW',
    learningRate: 8e-5,
    betas: [0.9, 0.999],
    weightDecay: 0.05,
    layerDecay: { rate: 0.6, numLayers: 6 },
  })
  t.is(optimizer?.maxGradNorm, undefined)
  t.like(schedule, { epochs: 12, decayEpochs: [10, 11], warmupIters: 500, warmupRatio: 0.001 })
})

test('retinanet_vanilla13 taps strides 8, 16 and 32 and has five levels', (t) => {
  const { backbone, bbox_head } = buildDetector(retinanetVanilla13.model) as RetinaNet
  t.deepEqual(backbone.strides, [8, 16, 32])
  t.deepEqual(backbone.outChannels, [1024, 2048, 4096])
  t.deepEqual(bbox_head.anchors.strides, [8, 16, 32, 64, 128])
})

test('rehearsal_retinanet is retinanet_vanilla13 with a smaller network, fewer anchors and other files', (t) => {
  const { model, data, ...rest } = rehearsalRetinanet
  const { model: fullModel, data: fullData, ...fullRest } = retinanetVanilla13
  t.deepEqual(rest, fullRest)
  t.deepEqual({ ...data, train: fullData?.train, val: fullData?.val }, fullData)
  const [small, full] = [model, fullModel].map((model) => buildDetector(model) as RetinaNet)
  t.deepEqual(small.backbone.strides, full.backbone.strides)
  t.deepEqual(small.bbox_head.anchors.strides, full.bbox_head.anchors.strides)
})

test('the overfitting config trains and evaluates on the same images, unchanged', (t) => {
  const { data } = vanilla5Overfit
  t.deepEqual(data?.train, data?.val)
  t.is(data?.flip, 0)
  t.deepEqual(data?.scales, [data?.testScale])
})
