/**
 * VanillaNet-9, as an ImageNet classifier. Source of its numbers: the commands of the official
 * repository, with the paper's crop of evaluations. The paper's average decays by 0.999996.
 *
 * Published: top-1 79.87, ReaL 85.66; 41.4 M parameters and 8.6 G multiply-accumulates in deploy
 * form.
 * Result: not trained here yet, which takes GPUs.
 * Run:    npx vanilladet train vanilladet/configs/vanillanet9_imagenet --precision fp16
 */
import { defineConfig } from '../registry.js'
import { classifier, imagenet, lamb, mixing, schedule } from './_base/vanillanet_imagenet.js'

export default defineConfig({
  model: {
    ...classifier,
    backbone: { type: 'VanillaNet', arch: '9', actNum: 3, dropRate: 0.05 },
  },
  data: {
    ...imagenet,
    mixing: { ...mixing, mixupAlpha: 0.4 },
  },
  optimizer: {
    ...lamb,
    learningRate: 3.5e-3,
    weightDecay: 0.3,
  },
  schedule,
  ema: { decay: 0.99996 },
  evaluation: { interval: 1 },
  seed: 0,
})
