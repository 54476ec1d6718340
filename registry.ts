/**
 * Names in configs -> constructors and their schema. This is the file a config imports.
 *
 * A network of your own joins by one visible line in a file that the config imports,
 * `backbones.register('MyNet', { schema, create })`, and by declaring its options to TypeScript:
 * `declare module 'vanilladet' { interface BackboneRegistry { MyNet: MyNetOptions } }`.
 */
import type { ClassDataConfig } from './registry/class_data.js'
import type { DataConfig, Experiment } from './registry/config.js'
import type { ModelConfig } from './registry/models.js'

export {
  type BackboneConfig,
  type BackboneContext,
  type BackboneRegistry,
  backbones,
  type Form,
} from './registry/backbones.js'
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
  EmaConfig,
  EvaluationConfig,
  LoggingConfig,
  SplitConfig,
} from './registry/config.js'
export {
  type HeadConfig,
  type HeadContext,
  type HeadRegistry,
  heads,
  type RoIHeadConfig,
  type RoIHeadRegistry,
  type RPNHeadConfig,
  type RPNHeadRegistry,
  roiHeads,
  rpnHeads,
} from './registry/heads.js'
export {
  buildDetector,
  buildModel,
  buildTrainable,
  type ModelConfig,
  type ModelRegistry,
  models,
  type TrainableModel,
} from './registry/models.js'
export { type NeckConfig, type NeckContext, type NeckRegistry, necks } from './registry/necks.js'
export type { ConfigOf, Entry, SchemaOf } from './registry/registry.js'

export type Config = Experiment<ModelConfig>

/** A config of a classifier. */
export type ClassificationConfig = Experiment<ModelConfig, ClassDataConfig>

/** A config of a detector. */
export type DetectionConfig = Experiment<ModelConfig, DataConfig>

/** Returns `config` as it is; an editor completes and checks it by its type. */
export function defineConfig(config: ClassificationConfig): ClassificationConfig
export function defineConfig(config: DetectionConfig): DetectionConfig
export function defineConfig(config: Config): Config {
  return config
}
