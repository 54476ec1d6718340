export {
  type Detections,
  Detector,
  isDetector,
  type PredictBatch,
  type TrainBatch,
  type TrainBatchShapes,
} from './detector.js'
export { MaskRCNN, type MaskRCNNOptions } from './mask_rcnn.js'
export { isPyramidDetector, PyramidDetector, type PyramidOptions } from './pyramid_detector.js'
export { RetinaNet, type RetinaNetOptions } from './retinanet.js'
export type { FrameTensors, Stages, TimedImages } from './stages.js'
