/**
 * A tiny Swin Transformer in RetinaNet on generated circles, squares and triangles, trained from
 * scratch on two CPU cores: the tiny VanillaNet's recipe with another backbone, half as many epochs
 * again, and Swin's weight decay. `npm run demo` makes the data.
 *
 * Result: AP 0.638 on images it has not seen, in 5 minutes and a half.
 * Run:    npx vanilladet train configs/retinanet_tiny_swin_shapes.ts
 */
import { defineConfig } from '../registry.js'
import retinanet from './retinanet_tiny_shapes.js'

export default defineConfig({
  ...retinanet,
  model: {
    type: 'RetinaNet',
    numClasses: 3,
    backbone: {
      type: 'SwinTransformer',
      embedDim: 32,
      depths: [1, 2, 2, 2],
      numHeads: [2, 4, 8, 16],
      windowSize: 5, // maps of 40, 20, 10 and 5 cells are whole windows
      dropPathRate: 0.1,
      outIndices: [1, 2, 3], // strides 8, 16, 32
    },
    neck: { type: 'FPN', outChannels: 64, numOuts: 3, addExtraConvs: 'on_input' },
    head: {
      type: 'RetinaHead',
      featChannels: 64,
      stackedConvs: 2,
      anchors: { octaveBaseScale: 2 }, // the shapes are 16 to 80 pixels large
    },
  },
  optimizer: {
    type: 'AdamW',
    learningRate: 1e-3,
    weightDecay: 0.05,
    noDecay: ['norm', 'relative_position_bias_table'],
    maxGradNorm: 35,
  },
  schedule: { epochs: 18, policy: 'cosine', warmupIters: 50 },
})
