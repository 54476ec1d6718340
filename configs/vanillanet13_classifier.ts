/**
 * VanillaNet-13 with its ImageNet classifier, for counting only: this version trains detectors.
 *
 * Source: arXiv:2305.12972, which gives 58.6 M parameters and 11.9 G multiply-accumulates in deploy
 * form. Run: npx vanilladet get_flops configs/vanillanet13_classifier.ts --shape 224 224
 */
import { defineConfig } from '../registry.js'

export default defineConfig({
  model: {
    type: 'Classifier',
    numClasses: 1000,
    backbone: { type: 'VanillaNet', arch: '13', actNum: 3 },
  },
})
