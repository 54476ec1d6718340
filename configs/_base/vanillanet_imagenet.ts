/**
 * ImageNet-1K as VanillaNet is trained on it: 300 epochs of 1024 pictures an update, LAMB, a cosine
 * after 5 epochs of warm-up, and activations that fade out over the first 100 epochs.
 *
 * Source: arXiv:2305.12972 and the commands of its official repository. Get ImageNet from
 * https://image-net.org and unpack it as data/imagenet/train/SYNSET and data/imagenet/val/SYNSET.
 */
import type { Config, ImageFolderConfig } from '../../registry.js'

export const imagenet = {
  type: 'ImageFolder',
  train: { folder: 'data/imagenet/train' },
  val: { folder: 'data/imagenet/val' },
  imageSize: 224,
  testCropRatio: 0.875,
  batchSize: 128,
  workers: 8,
  randAugment: { magnitude: 7, numOps: 2, magnitudeStd: 0.5, increasing: true },
  erasing: { probability: 0.25 },
} satisfies ImageFolderConfig

/** The mixing of a batch, by the mixup that each size has its own of. */
export const mixing = { cutmixAlpha: 1, switchProbability: 0.5 }

export const schedule: Config['schedule'] = {
  epochs: 300,
  policy: 'cosine',
  warmupIters: 6260, // 5 epochs
  finalLearningRate: 1e-6,
  deepTraining: { decayEpochs: 100, curve: 'linear' },
}

/** Norms and biases are not decayed. */
export const lamb = {
  type: 'LAMB',
  betas: [0.9, 0.999],
  eps: 1e-8,
  decayVectors: false,
  accumulate: 8,
} as const

/** What all sizes have beside their backbone. */
export const classifier = {
  type: 'Classifier',
  numClasses: 1000,
  loss: 'binaryCrossEntropy',
  labelSmoothing: 0.1,
} as const
