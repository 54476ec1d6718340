export type { TrainBatch as BatchTensors } from '../detectors/detector.js'
export {
  detectAll,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  evaluateResults,
  type Metrics,
} from '../evaluation/evaluate.js'
export { makeFolder } from '../files/make_folder.js'
export {
  type CheckpointMetadata,
  METADATA_KEY,
  parseJson,
  parseMetadata,
  readCheckpointMetadata,
} from '../weights/checkpoint_metadata.js'
export {
  decodeTensor,
  STORED_DTYPES,
  type StoredDType,
  type StoredTensor,
} from '../weights/decode_tensor.js'
export { loadWeights, trainStatePath } from '../weights/load_weights.js'
export {
  describeMatch,
  isFullMatch,
  matchWeights,
  type WeightMatch,
} from '../weights/match_weights.js'
export {
  listSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsHeader,
  writeSafetensors,
} from '../weights/safetensors.js'
export { saveModel } from '../weights/save_model.js'
export {
  checkpointName,
  checkpointToResume,
  goBackTo,
  isCheckpointFile,
  isModelFile,
  type LogSums,
  loadTrainState,
  type RunState,
  requireClasses,
  saveCheckpoint,
} from './checkpoint.js'
export { DoubleBuffer } from './double_buffer.js'
export { findCheckpoint, LATEST, readLatest } from './find_checkpoint.js'
export { train } from './loop.js'
export {
  type AdamWArrays,
  type AdamWBetas,
  type AdamWScalars,
  adamW,
  adamWScalars,
} from './optim/adamw.js'
export { clipGradNorm, globalNorm } from './optim/clip_grad_norm.js'
export { updateAverages } from './optim/ema.js'
export {
  initialLossScale,
  isExhausted,
  type LossScaleOptions,
  type LossScaleState,
  nextLossScale,
} from './optim/loss_scale.js'
export {
  type AdamWOptions,
  type GroupScalars,
  makeOptimizer,
  type Optimizer,
  type OptimizerOptions,
  type ParameterUpdate,
  type SGDOptions,
  type Slots,
} from './optim/optimizer.js'
export {
  layerId,
  type ParamGroup,
  type ParamGroupOptions,
  paramGroups,
} from './optim/param_groups.js'
export {
  type DeepTrainingOptions,
  lambdaAt,
  learningRateAt,
  type Position,
  type ScheduleOptions,
} from './optim/schedule.js'
export { type SGDArrays, type SGDConstants, sgd } from './optim/sgd.js'
export {
  type GradientInputs,
  type GradientOutputs,
  makeGradientStep,
  makeTrainStep,
  makeUpdateStep,
  type StepInputs,
  type StepOutputs,
  type UpdateInputs,
  type UpdateOutputs,
} from './step.js'
export type {
  EvaluationPoint,
  TrainHooks,
  TrainingBatches,
  TrainOptions,
  TrainResult,
} from './train_options.js'
export {
  type DeviceState,
  type State,
  type StateResults,
  type TensorState,
  TrainState,
  zerosOf,
} from './train_state.js'
export type { BatchShapes, Trainable, TrainingTensors } from './trainable.js'
export { checkWorkDir, type WorkDirOptions } from './work_dir.js'
