export {
  BENCHMARK_DEFAULTS,
  type BenchmarkEntry,
  type BenchmarkOptions,
  benchmark,
  peakMemoryOf,
} from '../benchmark/benchmark.js'
export {
  type BenchmarkDocument,
  type BenchmarkMachine,
  type BenchmarkRatio,
  type BenchmarkRow,
  type BenchmarkSettings,
  type BenchmarkTimes,
  MAX_SPREAD,
} from '../benchmark/benchmark_document.js'
export { countOperations, type OperationCounts } from '../benchmark/flops.js'
export { rawOutputs } from '../benchmark/raw_outputs.js'
export { median, quantile, type TimingOptions, timeInTurns } from '../benchmark/time_in_turns.js'
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
} from '../evaluation/activation_map.js'
export { type DecodedImage, type FoundObject, ImageDetector } from '../evaluation/image_detector.js'
export {
  COCO_SCALE,
  type InputScale,
  imageInput,
  landscapeShape,
} from '../evaluation/image_input.js'
export {
  compilePredict,
  type PredictOptions,
  wholeFrames,
} from '../evaluation/predictor.js'
export {
  type ExportedFile,
  type ExportedValue,
  type ExportOptions,
  type ExportPart,
  exportOnnx,
  type OnnxMetadata,
} from './export_onnx.js'
export {
  MERGE_BOUND,
  type Merged,
  type MergeOptions,
  matrixProduct,
  mergeBackbone,
  reparameterize,
  type TapDifference,
} from './reparameterize.js'
