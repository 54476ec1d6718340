/**
 * VanillaNet-6, as an ImageNet classifier. Source of its numbers: the commands of the official
 * repository, with the paper's crop of evaluations. Of the paper, which differs: weight decay 0.35.
 * The paper's average decays by 0.999996.
 *
 * Published: top-1 76.36, ReaL 82.86; 32.5 M parameters and 6.0 G multiply-accumulates in deploy
 * form.
 * Result: not trained here yet, which takes GPUs.
 * Run:    npx vanilladet train vanilladet/configs/vanillanet6_imagenet --precision fp16
 */
import { defineConfig } from '../registry.js'
import { classifier, imagenet, lamb, mixing, schedule } from './_base/vanillanet_imagenet.js'

export default defineConfig({
  model: {
    ...classifier,
    backbone: { type: 'VanillaNet', arch: '6', actNum: 3, dropRate: 0.05 },
  },
  data: {
    ...imagenet,
    mixing: { ...mixing, mixupAlpha: 0.15 },
  },
  optimizer: {
    ...lamb,
    learningRate: 4.8e-3,
    weightDecay: 0.32,
    layerDecay: { rate: 0.8, numLayers: 4 },
  },
  schedule,
  ema: { decay: 0.99996 },
  evaluation: { interval: 1 },
  seed: 0,
})
