export {
  type Detections,
  Detector,
  type PredictBatch,
  type TrainBatch,
  type TrainBatchShapes,
} from './detector.js'
export { MaskRCNN, type MaskRCNNOptions } from './mask_rcnn.js'
export { RetinaNet, type RetinaNetOptions } from './retinanet.js'
