export type { Accumulated } from './accumulate.js'
export {
  type AnnotationFilter,
  type CategoryFilter,
  COCO,
  type ImageFilter,
} from './coco.js'
export { COCOeval, type COCOevalOptions } from './coco_eval.js'
export { CocoError } from './errors.js'
export type { ImageEvaluation } from './image_evaluations.js'
export { type IouType, Params } from './params.js'
export { STAT_NAMES } from './summarize.js'
export type {
  CocoAnnotation,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
  Id,
  NdArray,
} from './types.js'
