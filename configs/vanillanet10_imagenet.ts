/**
 * VanillaNet-10, as an ImageNet classifier. Source of its numbers: the commands of the official
 * repository, with the paper's crop of evaluations. The paper's average decays by 0.999996.
 *
 * Published: top-1 80.57, ReaL 86.25; 45.7 M parameters and 9.4 G multiply-accumulates in deploy
 * form.
 * Result: not trained here yet, which takes GPUs.
 * Run:    npx vanilladet train vanilladet/configs/vanillanet10_imagenet --precision fp16
 */
import { defineConfig } from '../registry.js'
import { classifier, imagenet, lamb, mixing, schedule } from './_base/vanillanet_imagenet.js'

export default defineConfig({
  model: {
    ...classifier,
    backbone: { type: 'VanillaNet', arch: '10', actNum: 3, dropRate: 0.05 },
  },
  data: {
    ...imagenet,
    mixing: { ...mixing, mixupAlpha: 0.4 },
  },
  optimizer: {
    ...lamb,
    learningRate: 3.5e-3,
    weightDecay: 0.25,
  },
  schedule,
  ema: { decay: 0.99996 },
  evaluation: { interval: 1 },
  seed: 0,
})
