export type {
  Detections as PredictOutputs,
  PredictBatch as PredictInputs,
} from '../detectors/detector.js'
export {
  type ActivationInputs,
  activationStride,
  type ClassActivationInputs,
  classMask,
  compileClassActivation,
  compileMeanActivation,
  type MapFrame,
  stretchActivation,
} from './activation_map.js'
export {
  type BoxResult,
  type CocoResults,
  cocoResults,
  type HostDetections,
  type MaskResult,
} from './coco_results.js'
export {
  detectAll,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  evaluateResults,
  type Metrics,
} from './evaluate.js'
export { type DecodedImage, type FoundObject, ImageDetector } from './image_detector.js'
export { COCO_SCALE, type InputScale, imageInput, landscapeShape } from './image_input.js'
export {
  compilePredict,
  type PredictOptions,
  wholeFrames,
} from './predictor.js'
export { RESULT_FILES, saveResults } from './save_results.js'
