/**
 * RetinaNet with VanillaNet-13 on COCO: the official recipe, 12 epochs.
 *
 * The recipe trains on 8 GPUs with 4 images each; here 8 batches of 4 make an update. Warm-up,
 * steps and epochs are counted in updates of 32 images, as there. It starts from VanillaNet-13
 * pre-trained on ImageNet with act_num 4: give its weights with --load-from.
 *
 * What differs from the official run: it synchronises BatchNorm over all 32 images of an update, so
 * here statistics are those of the 4 images of a batch, and running statistics move 8 times an
 * update, by the same tenth, so that they average over the last 40 images or so instead of 320.
 *
 * Source: https://github.com/huawei-noah/VanillaNet, object_detection; arXiv:2305.12972.
 * Result: 43.0 AP published; not trained here yet.
 * Run:    npx vanilladet train configs/retinanet_vanilla13.ts
 */
import { defineConfig } from '../registry.js'
import { coco } from './_base/coco.js'

export default defineConfig({
  model: {
    type: 'RetinaNet',
    numClasses: 80,
    // strides 8, 16, 32
    backbone: { type: 'VanillaNet', arch: '13', actNum: 4, outIndices: [1, 8, 10] },
    neck: { type: 'FPN', outChannels: 256, numOuts: 5, addExtraConvs: 'on_input' },
    head: { type: 'RetinaHead', featChannels: 256, stackedConvs: 4 },
  },
  data: coco,
  optimizer: {
    type: 'AdamW',
    learningRate: 8e-5,
    betas: [0.9, 0.999],
    weightDecay: 0.05,
    layerDecay: { rate: 0.6, numLayers: 6 },
    accumulate: 8,
  },
  schedule: {
    epochs: 12,
    policy: 'step',
    decayEpochs: [10, 11],
    warmupIters: 500,
    warmupRatio: 0.001,
  },
  logging: { interval: 50 },
  evaluation: { interval: 1 },
  checkpoint: { interval: 1, keep: 3 },
  seed: 0,
})
