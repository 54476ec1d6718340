/**
 * VanillaNet-5, as an ImageNet classifier. Source of its numbers: the commands of the official
 * repository, with the paper's crop of evaluations. The paper's average decays by 0.999996.
 *
 * Published: top-1 72.49, ReaL 79.66; 15.5 M parameters and 5.2 G multiply-accumulates in deploy
 * form.
 * Result: not trained here yet, which takes GPUs.
 * Run:    npx vanilladet train vanilladet/configs/vanillanet5_imagenet --precision fp16
 */
import { defineConfig } from '../registry.js'
import { classifier, imagenet, lamb, mixing, schedule } from './_base/vanillanet_imagenet.js'

export default defineConfig({
  model: {
    ...classifier,
    backbone: { type: 'VanillaNet', arch: '5', actNum: 3, dropRate: 0.05 },
  },
  data: {
    ...imagenet,
    mixing: { ...mixing, mixupAlpha: 0.1 },
  },
  optimizer: {
    ...lamb,
    learningRate: 3.5e-3,
    weightDecay: 0.35,
  },
  schedule,
  ema: { decay: 0.99996 },
  evaluation: { interval: 1 },
  seed: 0,
})
