/**
 * The dress rehearsal of retinanet_vanilla13: its data, schedule, accumulation and evaluation, with
 * a network so small, and one anchor a place, that a batch of 4 images at full size takes about a
 * second on two CPU cores. It shows what a run on COCO will meet, and learns little.
 *
 * Its data are COCO or, as here, a data set of COCO's size, made by
 * `npm run make:coco-size -- data/coco_size`.
 *
 * Result: not trained to the end; it is there to be begun, stopped and resumed.
 * Run:    npx vanilladet train configs/rehearsal_retinanet.ts --cfg-options schedule.epochs=1
 */
import { defineConfig } from '../registry.js'
import { coco } from './_base/coco.js'
import retinanetVanilla13 from './retinanet_vanilla13.js'

export default defineConfig({
  ...retinanetVanilla13,
  model: {
    type: 'RetinaNet',
    numClasses: 80,
    backbone: {
      type: 'VanillaNet',
      dims: [16, 32, 64, 128],
      strides: [2, 2, 2],
      actNum: 2,
      outIndices: [0, 1, 2], // strides 8, 16, 32
    },
    neck: { type: 'FPN', outChannels: 32, numOuts: 5, addExtraConvs: 'on_input' },
    head: {
      type: 'RetinaHead',
      featChannels: 32,
      stackedConvs: 1,
      // With all nine, their losses take most of the time
      anchors: { scalesPerOctave: 1, ratios: [1] },
    },
  },
  data: {
    ...coco,
    train: {
      annFile: 'data/coco_size/annotations/instances_train2017.json',
      imageDir: 'data/coco_size/train2017',
    },
    val: {
      annFile: 'data/coco_size/annotations/instances_val2017.json',
      imageDir: 'data/coco_size/val2017',
    },
  },
})
