/**
 * Mask R-CNN with Swin-T on COCO: the official recipe, 12 epochs, as far as it can be had here.
 *
 * The recipe trains on 8 GPUs with 2 images each; here 8 batches of 2 make an update. It starts
 * from Swin-T trained on ImageNet-1K: give its weights with --load-from.
 *
 * What differs from the recipe: it treats every second image by another policy, which resizes to a
 * short side of 400, 500 or 600, crops at random and resizes again; here all images are resized as
 * the others are. It trains in mixed precision; here all is float32. RoIs are read with 2 x 2
 * samples a cell, where mmdetection takes as many as a cell has pixels.
 *
 * Source: https://github.com/SwinTransformer/Swin-Transformer-Object-Detection; arXiv:2103.14030.
 * Result: 43.7 box AP, 39.8 mask AP published (42.7 and 39.3 in arXiv:2305.12972); not trained
 * here. Run: npx vanilladet train configs/mask_rcnn_swin_t.ts
 */
import { defineConfig } from '../registry.js'
import { coco } from './_base/coco.js'
import { mmdetection1x } from './_base/mmdetection_1x.js'

export default defineConfig({
  ...mmdetection1x,
  model: {
    type: 'MaskRCNN',
    numClasses: 80,
    backbone: {
      type: 'SwinTransformer',
      arch: 'tiny',
      dropPathRate: 0.1,
      outIndices: [0, 1, 2, 3], // strides 4, 8, 16, 32
    },
    neck: { type: 'FPN', outChannels: 256, numOuts: 5 },
    rpnHead: { type: 'RPNHead' },
    roiHead: { type: 'RoIHead' },
  },
  data: {
    ...coco,
    scales: [
      [1333, 480],
      [1333, 512],
      [1333, 544],
      [1333, 576],
      [1333, 608],
      [1333, 640],
      [1333, 672],
      [1333, 704],
      [1333, 736],
      [1333, 768],
      [1333, 800],
    ],
    batchSize: 2,
  },
  optimizer: {
    type: 'AdamW',
    learningRate: 1e-4,
    betas: [0.9, 0.999],
    weightDecay: 0.05,
    noDecay: ['relative_position_bias_table', 'norm'],
    accumulate: 8,
  },
})
