/**
 * Mask R-CNN with ResNet-50 on COCO: mmdetection's recipe, 12 epochs.
 *
 * The recipe trains on 8 GPUs with 2 images each; here 8 batches of 2 make an update. It starts
 * from torchvision's ResNet-50, trained on ImageNet: give its weights with --load-from. The stem
 * and the first stage keep them, and so do all BatchNorm statistics. RoIs are read with 2 x 2
 * samples a cell, where mmdetection takes as many as a cell has pixels.
 *
 * Source: https://github.com/open-mmlab/mmdetection 2.x, mask_rcnn_r50_fpn_1x_coco;
 * arXiv:1703.06870. Result: 38.2 box AP, 34.7 mask AP published; not trained here. Run: npx
 * vanilladet train configs/mask_rcnn_r50.ts
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
      type: 'ResNet',
      depth: 50,
      outIndices: [0, 1, 2, 3], // strides 4, 8, 16, 32
      frozenStages: 1,
      normEval: true,
    },
    neck: { type: 'FPN', outChannels: 256, numOuts: 5 },
    rpnHead: { type: 'RPNHead' },
    roiHead: { type: 'RoIHead' },
  },
  data: { ...coco, scales: [[1333, 800]], batchSize: 2 },
  optimizer: { type: 'SGD', learningRate: 0.02, momentum: 0.9, weightDecay: 1e-4, accumulate: 8 },
})
