import test from 'ava'
import { countOperations } from '../../benchmark/flops.js'
import maskRcnnR50 from '../../configs/mask_rcnn_r50.js'
import maskRcnnSwinT from '../../configs/mask_rcnn_swin_t.js'
import retinanetR50 from '../../configs/retinanet_r50.js'
import retinanetSwinT from '../../configs/retinanet_swin_t.js'
import type { MaskRCNN, RetinaNet } from '../../detectors/index.js'
import { resolveConfig } from '../../experiments/load.js'
import { buildDetector, type DetectionConfig } from '../../registry.js'
import { paramGroups } from '../../training/optim/param_groups.js'

interface Published {
  config: DetectionConfig
  /** Millions of parameters, and billions of operations by mmcv's count, at 800x1280. */
  counts: [params: string, gmacsMmcv: string]
  channels: number[]
  strides: number[]
  levels: number[]
}

const PUBLISHED: Record<string, Published> = {
  retinanet_r50: {
    config: retinanetR50,
    counts: ['37.7', '239.3'],
    channels: [512, 1024, 2048],
    strides: [8, 16, 32],
    levels: [8, 16, 32, 64, 128],
  },
  mask_rcnn_r50: {
    config: maskRcnnR50,
    counts: ['44.2', '260.1'],
    channels: [256, 512, 1024, 2048],
    strides: [4, 8, 16, 32],
    levels: [4, 8, 16, 32, 64],
  },
  retinanet_swin_t: {
    config: retinanetSwinT,
    counts: ['38.5', '244.8'],
    channels: [192, 384, 768],
    strides: [8, 16, 32],
    levels: [8, 16, 32, 64, 128],
  },
  mask_rcnn_swin_t: {
    config: maskRcnnSwinT,
    counts: ['47.8', '263.8'],
    channels: [96, 192, 384, 768],
    strides: [4, 8, 16, 32],
    levels: [4, 8, 16, 32, 64],
  },
}

for (const [name, { config, counts, channels, strides, levels }] of Object.entries(PUBLISHED)) {
  test(`${name} passes its schema and has the published counts, taps and levels`, (t) => {
    const { model } = resolveConfig(config)
    const detector = buildDetector(model) as RetinaNet | MaskRCNN
    t.deepEqual(detector.backbone.outChannels, channels)
    t.deepEqual(detector.backbone.strides, strides)
    const { anchors } = 'bbox_head' in detector ? detector.bbox_head : detector.rpn_head
    t.deepEqual(anchors.strides, levels)
    const { params, gmacsMmcv } = countOperations(detector, [800, 1280])
    t.deepEqual([(params / 1e6).toFixed(1), gmacsMmcv.toFixed(1)], counts)
  })

  test(`${name} trains 12 epochs of 16 images a step, decayed after 8 and 11`, (t) => {
    t.is(config.data?.batchSize, 2) // on each of 8 GPUs
    t.is(config.optimizer?.accumulate, 8)
    t.deepEqual(config.evaluation, { interval: 1 })
    t.is(config.data?.flip, 0.5)
    t.deepEqual(config.data?.testScale, [1333, 800])
    t.like(config.schedule, { epochs: 12, decayEpochs: [8, 11], policy: 'step' })
    t.like(config.schedule, { warmupIters: 500, warmupRatio: 0.001 })
    t.is(config.optimizer?.maxGradNorm, undefined)
  })
}

test('three baselines train by SGD at one scale, with rates of 0.01 and 0.02', (t) => {
  const rates: [DetectionConfig, number][] = [
    [retinanetR50, 0.01],
    [maskRcnnR50, 0.02],
    [retinanetSwinT, 0.01],
  ]
  for (const [{ data, optimizer }, learningRate] of rates) {
    t.deepEqual(data?.scales, [[1333, 800]])
    t.like(optimizer, { type: 'SGD', learningRate, momentum: 0.9, weightDecay: 1e-4 })
  }
})

test('mask_rcnn_swin_t trains by AdamW at eleven scales, without decay of norms and bias tables', (t) => {
  const { data, optimizer } = maskRcnnSwinT
  const scales = Array.from({ length: 11 }, (_, i) => [1333, 480 + 32 * i])
  t.deepEqual(data?.scales, scales)
  t.like(optimizer, { type: 'AdamW', learningRate: 1e-4, betas: [0.9, 0.999], weightDecay: 0.05 })

  const named = buildDetector(maskRcnnSwinT.model).namedParameters()
  const shapes = Object.fromEntries(named.map(([name, { shape }]) => [name, shape]))
  const { groups, groupOf } = paramGroups(shapes, optimizer!)
  const undecayed = Object.keys(shapes).filter((name) => groups[groupOf[name]].weightDecay === 0)
  // Bias tables; norms of patches, blocks, merges, outputs
  t.is(undecayed.length, 12 + 2 * (1 + 2 * 12 + 3 + 4))
  const linearBias = 'backbone.layers.0.blocks.0.attn.qkv.bias'
  t.is(groups[groupOf[linearBias]].weightDecay, 0.05)
})

test('drop path is 0.2 with RetinaNet and 0.1 with Mask R-CNN, the stem and one stage are frozen', (t) => {
  t.like(retinanetSwinT.model, { backbone: { type: 'SwinTransformer', dropPathRate: 0.2 } })
  t.like(maskRcnnSwinT.model, { backbone: { type: 'SwinTransformer', dropPathRate: 0.1 } })
  for (const { model } of [retinanetR50, maskRcnnR50]) {
    t.like(model, { backbone: { type: 'ResNet', frozenStages: 1, normEval: true } })
    const frozen = buildDetector(model)
      .namedParameters()
      .filter(([name, { trainable }]) => !trainable && !name.includes('running'))
    const parts = new Set(frozen.map(([name]) => name.split('.', 2)[1]))
    t.deepEqual([...parts], ['conv1', 'bn1', 'layer1'])
  }
})
