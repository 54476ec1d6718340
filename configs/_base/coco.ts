/**
 * COCO 2017 as the official VanillaNet detection configs read it: keep-ratio resize to one of 18
 * scales, horizontal flip, padding to multiples of 32, of which the 16 best sizes are used (6 in
 * evaluation). Get it from https://cocodataset.org and unpack it in data/coco.
 */
import type { DataConfig } from '../../registry.js'

export const coco: DataConfig = {
  train: {
    annFile: 'data/coco/annotations/instances_train2017.json',
    imageDir: 'data/coco/train2017',
  },
  val: {
    annFile: 'data/coco/annotations/instances_val2017.json',
    imageDir: 'data/coco/val2017',
  },
  scales: [
    [1333, 480],
    [1333, 512],
    [1333, 544],
    [1333, 576],
    [1333, 608],
    [1333, 640],
    [1333, 672],
    [1333, 704],
    [1333, 736],
    [1333, 768],
    [1333, 800],
    [1333, 832],
    [1333, 864],
    [1333, 896],
    [1333, 928],
    [1333, 960],
    [1333, 992],
    [1333, 1024],
  ],
  testScale: [1333, 800],
  batchSize: 4,
  flip: 0.5,
  bucketStep: 32,
  shapes: 16,
  testShapes: 6,
  workers: 2,
}
