/**
 * VanillaNet-13, 1.5 times as wide, with adaptive pooling, as an ImageNet classifier. Source of its
 * numbers: those of VanillaNet-13, since none were published for this size.
 *
 * Published: top-1 83.11, ReaL 87.85; 127.8 M parameters and 48.9 G multiply-accumulates in deploy
 * form.
 * Result: not trained here yet, which takes GPUs.
 * Run: npx vanilladet train vanilladet/configs/vanillanet13_x1_5_ada_pool_imagenet --precision fp16
 */
import { defineConfig } from '../registry.js'
import { classifier, imagenet, lamb, mixing, schedule } from './_base/vanillanet_imagenet.js'

export default defineConfig({
  model: {
    ...classifier,
    backbone: { type: 'VanillaNet', arch: '13_x1_5_ada_pool', actNum: 3, dropRate: 0.05 },
  },
  data: {
    ...imagenet,
    testCropRatio: 0.95,
    mixing: { ...mixing, mixupAlpha: 0.8 },
  },
  optimizer: {
    ...lamb,
    learningRate: 3.5e-3,
    weightDecay: 0.3,
    layerDecay: { rate: 0.8, numLayers: 11 },
  },
  schedule,
  ema: { decay: 0.99992 },
  evaluation: { interval: 1 },
  seed: 0,
})
