/**
 * VanillaNet-5, a quarter as wide, on CIFAR-10 at 32 pixels, sized for a CPU.
 *
 * Get cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html into data/. The same
 * pictures in class folders: --cfg-options data.type=ImageFolder data.train.folder=... and so on.
 *
 * Result: not trained yet.
 * Run:    npx vanilladet train vanilladet/configs/vanillanet5_cifar10
 */
import { defineConfig } from '../registry.js'

export default defineConfig({
  model: {
    type: 'Classifier',
    numClasses: 10,
    backbone: { type: 'VanillaNet', dims: [128, 256, 512, 1024], strides: [2, 2, 2], actNum: 3 },
    labelSmoothing: 0.1,
  },
  data: {
    type: 'CIFAR',
    archive: 'data/cifar-10-python.tar.gz',
    imageSize: 32,
    batchSize: 128,
    testBatchSize: 500,
    crop: { type: 'padded', padding: 4 },
    flip: 0.5,
  },
  optimizer: { type: 'AdamW', learningRate: 2e-3, weightDecay: 0.05, decayVectors: false },
  schedule: {
    epochs: 20,
    policy: 'cosine',
    warmupIters: 780, // 2 epochs
    deepTraining: { decayEpochs: 7 },
  },
  logging: { interval: 50 },
  evaluation: { interval: 5 },
  checkpoint: { interval: 5, keep: 1 },
  seed: 0,
})
