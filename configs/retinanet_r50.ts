/**
 * RetinaNet with ResNet-50 on COCO: mmdetection's recipe, 12 epochs.
 *
 * The recipe trains on 8 GPUs with 2 images each; here 8 batches of 2 make an update. It starts
 * from torchvision's ResNet-50, trained on ImageNet: give its weights with --load-from. The stem
 * and the first stage keep them, and so do all BatchNorm statistics.
 *
 * Source: https://github.com/open-mmlab/mmdetection 2.x, retinanet_r50_fpn_1x_coco;
 * arXiv:1708.02002. Result: 36.5 AP published; not trained here. Run: npx vanilladet train
 * configs/retinanet_r50.ts
 */
import { defineConfig } from '../registry.js'
import { coco } from './_base/coco.js'
import { mmdetection1x } from './_base/mmdetection_1x.js'

export default defineConfig({
  ...mmdetection1x,
  model: {
    type: 'RetinaNet',
    numClasses: 80,
    // strides 8, 16, 32
    backbone: { type: 'ResNet', depth: 50, outIndices: [1, 2, 3], frozenStages: 1, normEval: true },
    neck: { type: 'FPN', outChannels: 256, numOuts: 5, addExtraConvs: 'on_input' },
    head: { type: 'RetinaHead', featChannels: 256, stackedConvs: 4 },
  },
  data: { ...coco, scales: [[1333, 800]], batchSize: 2 },
  optimizer: { type: 'SGD', learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4, accumulate: 8 },
})
