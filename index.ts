/**
 * vanilladet: what a config, a program of your own, or a registered network needs.
 *
 * Parts have doors of their own: `vanilladet/backbones`, `/necks`, `/heads`, `/detectors`, `/nn`,
 * `/ops`, `/engine`, `/datasets`, `/training`, `/evaluation`, `/benchmark`, `/deploy`, `/weights`.
 */
export * from './errors.js'
export {
  type Evaluation,
  evaluate,
  type Metrics,
} from './evaluation/evaluate.js'
export { loadConfig, resolveConfig } from './experiments/load.js'
export {
  hasDeployForm,
  type LoadedDetector,
  type LoadOptions,
  loadDetector,
  mergeDetector,
} from './experiments/load_detector.js'
export { type TrainConfigOptions, trainConfig } from './experiments/train_config.js'
export { loadPretrained, type PretrainedReport, readPretrained } from './pretrained/index.js'
export * from './registry.js'
