/**
 * VanillaNet-7, as an ImageNet classifier. Source of its numbers: the commands of the official
 * repository, with the paper's crop of evaluations. Of the paper, which differs: learning rate
 * 4.8e-3. The paper's average decays by 0.999996.
 *
 * Published: top-1 77.98, ReaL 84.16; 32.8 M parameters and 6.9 G multiply-accumulates in deploy
 * form.
 * Result: not trained here yet, which takes GPUs.
 * Run:    npx vanilladet train vanilladet/configs/vanillanet7_imagenet --precision fp16
 */
import { defineConfig } from '../registry.js'
import { classifier, imagenet, lamb, mixing, schedule } from './_base/vanillanet_imagenet.js'

export default defineConfig({
  model: {
    ...classifier,
    backbone: { type: 'VanillaNet', arch: '7', actNum: 3, dropRate: 0.05 },
  },
  data: {
    ...imagenet,
    mixing: { ...mixing, mixupAlpha: 0.4 },
  },
  optimizer: {
    ...lamb,
    learningRate: 4.7e-3,
    weightDecay: 0.35,
    layerDecay: { rate: 0.8, numLayers: 5 },
  },
  schedule,
  ema: { decay: 0.99996 },
  evaluation: { interval: 1 },
  seed: 0,
})
