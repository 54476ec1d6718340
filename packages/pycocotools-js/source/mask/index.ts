/**
 * Masks in run lengths, the name `mask` of pycocotools-js, as pycocotools'
 * `from pycocotools import mask`.
 */
export { area } from './area.js'
export { decode } from './decode.js'
export { encode } from './encode.js'
export { frPyObjects } from './fr_py_objects.js'
export { iou } from './iou.js'
export { merge } from './merge.js'
export type { BinaryMask, RLE, UncompressedRLE } from './rle.js'
export { toBbox } from './to_bbox.js'
