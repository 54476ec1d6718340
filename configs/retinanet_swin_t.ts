/**
 * RetinaNet with Swin-T on COCO: mmdetection's recipe, 12 epochs.
 *
 * The recipe trains on 8 GPUs with 2 images each; here 8 batches of 2 make an update. It starts
 * from Swin-T trained on ImageNet-1K: give its weights with --load-from.
 *
 * The VanillaNet paper, from which the published result is, does not say how it trained this
 * detector, and this recipe has none published. To compare with retinanet_vanilla13 on equal terms
 * (our choice, nobody's recipe) take its data, its batches of 4, and AdamW with learning rate 1e-4
 * and weight decay 0.05.
 *
 * Source: https://github.com/open-mmlab/mmdetection 2.x, retinanet_swin-t-p4-w7_fpn_1x_coco;
 * arXiv:2103.14030. Result: 41.5 AP published (arXiv:2305.12972, recipe unknown); not trained here.
 * Run: npx vanilladet train configs/retinanet_swin_t.ts
 */
import { defineConfig } from '../registry.js'
import { coco } from './_base/coco.js'
import { mmdetection1x } from './_base/mmdetection_1x.js'

export default defineConfig({
  ...mmdetection1x,
  model: {
    type: 'RetinaNet',
    numClasses: 80,
    backbone: {
      type: 'SwinTransformer',
      arch: 'tiny',
      dropPathRate: 0.2,
      outIndices: [1, 2, 3], // strides 8, 16, 32
    },
    neck: { type: 'FPN', outChannels: 256, numOuts: 5, addExtraConvs: 'on_input' },
    head: { type: 'RetinaHead', featChannels: 256, stackedConvs: 4 },
  },
  data: { ...coco, scales: [[1333, 800]], batchSize: 2 },
  optimizer: { type: 'SGD', learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4, accumulate: 8 },
})
