import test from 'ava'
import maskRcnnVanilla5Overfit from '../../configs/mask_rcnn_vanilla5_overfit.js'
import maskRcnnVanilla13 from '../../configs/mask_rcnn_vanilla13.js'
import type { MaskRCNN } from '../../detectors/index.js'
import { resolveConfig } from '../../experiments/load.js'
import { buildDetector, buildModel } from '../../registry.js'

test('mask_rcnn_vanilla13 has the parameters that are published, merged at actNum 4 and 3', (t) => {
  const count = (form: 'train' | 'deploy', ...items: string[]) =>
    buildModel(resolveConfig(maskRcnnVanilla13, items).model, { form })
      .namedParameters()
      .filter(([, { trainable }]) => trainable)
      .map(([, { shape }]) => shape.reduce((product, side) => product * side, 1))
      .reduce((sum, size) => sum + size, 0)
  t.is(count('deploy'), 77_150_960)
  t.is(count('deploy', 'model.backbone.actNum=3'), 76_364_528)
  t.is(count('train'), 125_260_016)
})

test('mask_rcnn_vanilla13 is the official recipe', (t) => {
  const { data, optimizer, schedule, evaluation } = maskRcnnVanilla13
  t.deepEqual(
    data?.scales,
    Array.from({ length: 18 }, (_, i) => [1333, 480 + 32 * i]),
  )
  t.deepEqual(data?.testScale, [1333, 800])
  t.is(data?.flip, 0.5)
  t.deepEqual([data?.batchSize, optimizer?.accumulate], [4, 8]) // on 8 GPUs
  t.deepEqual(evaluation, { interval: 1 })
  t.like(optimizer, {
    type: 'AdamW',
    learningRate: 1.3e-4,
    betas: [0.9, 0.999],
    weightDecay: 0.05,
    layerDecay: { rate: 0.6, numLayers: 6 },
  })
  t.is(optimizer?.maxGradNorm, undefined)
  t.like(schedule, { epochs: 12, decayEpochs: [10], warmupIters: 500, warmupRatio: 0.001 })
})

test('mask_rcnn_vanilla13 taps strides 4, 8, 16 and 32, and has the rules of mmdetection', (t) => {
  const detector = buildDetector(maskRcnnVanilla13.model) as MaskRCNN
  const { backbone, neck, rpn_head, roi_head } = detector
  t.deepEqual(backbone.strides, [4, 8, 16, 32])
  t.deepEqual(backbone.outChannels, [512, 1024, 2048, 4096])
  t.is(neck.outChannels, 256)
  t.deepEqual(rpn_head.anchors, { strides: [4, 8, 16, 32, 64], scales: [8], ratios: [0.5, 1, 2] })
  t.deepEqual(rpn_head.sampler, { num: 256, posFraction: 0.5 })
  t.deepEqual(rpn_head.assigner, { posIouThr: 0.7, negIouThr: 0.3, minPosIou: 0.3 })
  t.deepEqual(rpn_head.selection.train, { nmsPre: 2000, iouThr: 0.7, maxPerImage: 1000 })
  t.deepEqual(rpn_head.selection.test, { nmsPre: 1000, iouThr: 0.7, maxPerImage: 1000 })
  t.deepEqual(roi_head.extractor, { strides: [4, 8, 16, 32], finestScale: 56, samplingRatio: 2 })
  t.deepEqual(roi_head.sampler, { num: 512, posFraction: 0.25 })
  t.deepEqual(roi_head.assigner, { posIouThr: 0.5, negIouThr: 0.5, minPosIou: 0.5 })
  t.deepEqual(roi_head.test, { scoreThr: 0.05, iouThr: 0.5, maxPerImage: 100 })
  t.deepEqual(roi_head.bbox_head.coder, { stds: [0.1, 0.1, 0.2, 0.2] })
  t.deepEqual([roi_head.bbox_head.roiSize, roi_head.mask_head.maskSize], [7, 28])
  const shapes = { images: [1, 800, 1344, 3], labels: [1, 8] }
  t.deepEqual(detector.noiseShapes(shapes), { rpn: [1, 268_569], roi: [1, 1008] })
})

test('the overfitting config trains and evaluates on the same images, unchanged', (t) => {
  const { data } = maskRcnnVanilla5Overfit
  t.deepEqual(data?.train, data?.val)
  t.is(data?.train.limit, 16)
  t.is(data?.flip, 0)
  t.deepEqual(data?.scales, [data?.testScale])
})
