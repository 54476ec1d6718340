/**
 * vanilladet: what a config, a program of your own, or a registered network needs.
 *
 * Parts have doors of their own: `vanilladet/backbones`, `/necks`, `/heads`, `/detectors`,
 * `/classifiers`, `/nn`, `/ops`, `/engine`, `/datasets`, `/training`, `/evaluation`, `/benchmark`,
 * `/deploy`, `/weights`.
 */
export { ConfigError, DataError, DeviceError, TraceError, TrainingError } from './errors.js'
export {
  type Evaluation,
  evaluate,
  type Metrics,
} from './evaluation/evaluate.js'
export { loadConfig, resolveConfig } from './experiments/load.js'
export {
  hasDeployForm,
  type LoadedDetector,
  type LoadedModel,
  type LoadOptions,
  loadDetector,
  loadModel,
  mergeDetector,
  mergeModel,
} from './experiments/load_detector.js'
export { type TrainConfigOptions, trainConfig } from './experiments/train_config.js'
export type { PretrainedReport } from './pretrained/explain_match.js'
export { loadPretrained } from './pretrained/load_pretrained.js'
export { readPretrained } from './pretrained/read_pretrained.js'
export type {
  CifarConfig,
  ClassDataConfig,
  ClassSplitConfig,
  ImageFolderConfig,
} from './registry/class_data.js'
export type {
  AnyDataConfig,
  CheckpointConfig,
  DataConfig,
  DistillConfig,
  EmaConfig,
  EvaluationConfig,
  LoggingConfig,
  SplitConfig,
} from './registry/config.js'
export type { ConfigOf, Entry, SchemaOf } from './registry/registry.js'
export {
  type BackboneConfig,
  type BackboneContext,
  type BackboneRegistry,
  backbones,
  buildDetector,
  buildModel,
  buildTrainable,
  type ClassificationConfig,
  type Config,
  type DetectionConfig,
  defineConfig,
  type Form,
  type HeadConfig,
  type HeadContext,
  type HeadRegistry,
  heads,
  type ModelConfig,
  type ModelRegistry,
  models,
  type NeckConfig,
  type NeckContext,
  type NeckRegistry,
  necks,
  type RoIHeadConfig,
  type RoIHeadRegistry,
  type RPNHeadConfig,
  type RPNHeadRegistry,
  roiHeads,
  rpnHeads,
  type TrainableModel,
} from './registry.js'
