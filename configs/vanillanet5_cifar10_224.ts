/**
 * VanillaNet-5 on CIFAR-10, resized to 224 pixels: the recipe of a community reproduction, which
 * names no accuracy. Its mixup has no alpha that is known; 0.2 is ours.
 *
 * Get cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html into data/.
 *
 * Result: not trained here yet, which takes a GPU.
 * Run:    npx vanilladet train vanilladet/configs/vanillanet5_cifar10_224
 */
import { defineConfig } from '../registry.js'

export default defineConfig({
  model: {
    type: 'Classifier',
    numClasses: 10,
    backbone: { type: 'VanillaNet', arch: '5', actNum: 3 },
    labelSmoothing: 0.1,
  },
  data: {
    type: 'CIFAR',
    archive: 'data/cifar-10-python.tar.gz',
    imageSize: 224,
    testCropRatio: 1,
    batchSize: 128,
    workers: 4,
    crop: { type: 'resized', scale: [0.6, 1] },
    colorJitter: { brightness: 0.2, contrast: 0.2, saturation: 0.2 },
    flip: 0.5,
    rotation: 20,
    mixing: { mixupAlpha: 0.2 },
  },
  optimizer: { type: 'Adam', learningRate: 1e-3, weightDecay: 1e-5 },
  schedule: { epochs: 50, policy: 'cosine', deepTraining: { decayEpochs: 20 } },
  evaluation: { interval: 1 },
  seed: 0,
})
