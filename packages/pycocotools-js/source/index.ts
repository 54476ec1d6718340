export {
  type AnnotationFilter,
  type CategoryFilter,
  COCO,
  type ImageFilter,
} from './coco.js'
export { COCOeval, type COCOevalOptions } from './coco_eval.js'
export { CocoError } from './errors.js'
export type { Accumulated } from './evaluate/accumulate.js'
export type { ImageEvaluation } from './evaluate/image_evaluations.js'
export { type IouType, Params } from './evaluate/params.js'
export { STAT_NAMES } from './evaluate/summarize.js'
export type {
  CocoAnnotation,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
  Id,
  NdArray,
} from './types.js'
