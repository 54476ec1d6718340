/**
 * Mask R-CNN with VanillaNet-13 on COCO: the official recipe, 12 epochs.
 *
 * The recipe trains on 8 GPUs with 4 images each; here 8 batches of 4 make an update. Warm-up,
 * steps and epochs are counted in updates of 32 images, as there. It starts from VanillaNet-13
 * pre-trained on ImageNet with act_num 4: give its weights with --load-from.
 *
 * What differs from the official run: it synchronises BatchNorm over all 32 images of an update, so
 * here statistics are those of the 4 images of a batch, and running statistics move 8 times an
 * update, by the same tenth, so that they average over the last 40 images or so instead of 320.
 * RoIs are read with 2 x 2 samples a cell, where mmdetection takes as many as a cell has pixels.
 * Masks of objects longer than 112 pixels are learned from crops of 112 x 112 cells, where
 * mmdetection keeps every pixel.
 *
 * Source: https://github.com/huawei-noah/VanillaNet, object_detection; arXiv:2305.12972.
 * Result: 44.3 box AP, 40.1 mask AP published; not trained here yet.
 * Run:    npx vanilladet train configs/mask_rcnn_vanilla13.ts
 */
import { defineConfig } from '../registry.js'
import { coco } from './_base/coco.js'

export default defineConfig({
  model: {
    type: 'MaskRCNN',
    numClasses: 80,
    // strides 4, 8, 16, 32
    backbone: { type: 'VanillaNet', arch: '13', actNum: 4, outIndices: [0, 1, 8, 10] },
    neck: { type: 'FPN', outChannels: 256, numOuts: 5 },
    rpnHead: { type: 'RPNHead' },
    roiHead: { type: 'RoIHead' },
  },
  data: coco,
  optimizer: {
    type: 'AdamW',
    learningRate: 1.3e-4,
    betas: [0.9, 0.999],
    weightDecay: 0.05,
    layerDecay: { rate: 0.6, numLayers: 6 },
    accumulate: 8,
  },
  schedule: {
    epochs: 12,
    policy: 'step',
    decayEpochs: [10],
    warmupIters: 500,
    warmupRatio: 0.001,
  },
  logging: { interval: 50 },
  evaluation: { interval: 1 },
  checkpoint: { interval: 1, keep: 3 },
  seed: 0,
})
