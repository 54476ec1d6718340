/**
 * VanillaNet-6 on class folders of your own, from an ImageNet checkpoint: put pictures into
 * data/pictures/train/CLASS and data/pictures/val/CLASS, and set the number of classes. The weights
 * are those after deep training, so that it has no part in this.
 *
 * Run: npx vanilladet train vanilladet/configs/vanillanet6_finetune --load-from vanillanet_6.pth
 */
import { defineConfig } from '../registry.js'

export default defineConfig({
  model: {
    type: 'Classifier',
    numClasses: 2,
    backbone: { type: 'VanillaNet', arch: '6', actNum: 3, dropRate: 0.05 },
    labelSmoothing: 0.1,
  },
  data: {
    type: 'ImageFolder',
    train: { folder: 'data/pictures/train' },
    val: { folder: 'data/pictures/val' },
    imageSize: 224,
    testCropRatio: 0.875,
    batchSize: 32,
    workers: 2,
    crop: { type: 'resized', scale: [0.35, 1] },
    flip: 0.5,
    colorJitter: { brightness: 0.2, contrast: 0.2, saturation: 0.2 },
  },
  optimizer: {
    type: 'AdamW',
    learningRate: 2e-4,
    weightDecay: 0.05,
    layerDecay: { rate: 0.8, numLayers: 4 },
  },
  schedule: { epochs: 20, policy: 'cosine', warmupIters: 50 },
  logging: { interval: 10 },
  evaluation: { interval: 1 },
  seed: 0,
})
