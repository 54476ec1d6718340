export { BBoxHead, type BBoxHeadOptions, type BBoxOutputs, type BBoxTargets } from './bbox_head.js'
export type { DenseFrames as RetinaFrames, DenseTargets as RetinaTargets } from './dense_head.js'
export {
  type DenseDetections,
  type DenseFrames,
  DenseHead,
  type DenseTargets,
} from './dense_head.js'
export { MaskHead, type MaskHeadOptions } from './mask_head.js'
export {
  type RetinaAnchorOptions,
  RetinaHead,
  type RetinaHeadOptions,
  type RetinaOutputs,
  type RetinaTestOptions,
} from './retina_head.js'
export {
  type RoIDetections,
  type RoIExtractorOptions,
  type RoIFrames,
  RoIHead,
  type RoIHeadOptions,
  type RoIHeadTargets,
} from './roi_head.js'
export {
  type RPNAnchorOptions,
  type RPNFrames,
  RPNHead,
  type RPNHeadOptions,
  type RPNOutputs,
  type RPNTargets,
} from './rpn_head.js'
export { repeatImages } from './scene/repeat_images.js'
export type { SceneObject } from './scene/scene_objects.js'
