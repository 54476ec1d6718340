/**
 * The demo of classification: a tiny VanillaNet on ten generated textures, trained from scratch in
 * minutes on two CPU cores, with the techniques of its paper. `npm run demo:classify` makes the
 * data, trains, evaluates, merges and times it.
 *
 * Result: top-1 0.990 on pictures it has not seen, in 1.1 minutes on two CPU cores.
 * Run:    npm run demo:classify
 */
import { defineConfig } from '../registry.js'

export default defineConfig({
  model: {
    type: 'Classifier',
    numClasses: 10,
    backbone: { type: 'VanillaNet', dims: [32, 64, 128, 128], strides: [1, 2, 2], actNum: 2 },
    labelSmoothing: 0.1,
  },
  data: {
    type: 'ImageFolder',
    train: { folder: 'work_dirs/textures/train' },
    val: { folder: 'work_dirs/textures/val' },
    imageSize: 32,
    batchSize: 64,
    testBatchSize: 100,
    mixing: { mixupAlpha: 0.1, cutmixAlpha: 1 },
  },
  optimizer: { type: 'LAMB', learningRate: 8e-3, weightDecay: 0.05 },
  schedule: {
    epochs: 18,
    policy: 'cosine',
    warmupIters: 30,
    deepTraining: { decayEpochs: 6 },
  },
  logging: { interval: 20 },
  evaluation: { interval: 6 },
  checkpoint: { interval: 6, keep: 1 },
  seed: 0,
})
