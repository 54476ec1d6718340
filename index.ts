/**
 * vanilladet: what a config, a program of your own, or a registered network needs.
 *
 * Parts have doors of their own: `vanilladet/backbones`, `/necks`, `/heads`, `/detectors`, `/nn`, `/ops`,
 * `/engine`, `/datasets`, `/training`, `/deploy`.
 */
export * from './errors.js'
export { loadConfig, resolveConfig } from './registry/load.js'
export {
  hasDeployForm,
  type LoadedDetector,
  type LoadOptions,
  loadDetector,
  mergeDetector,
} from './registry/load_detector.js'
export { type TrainConfigOptions, trainConfig } from './registry/train_config.js'
export * from './registry.js'
export {
  type BoxEvaluation,
  type BoxMetrics,
  type BoxResult,
  evaluate,
} from './training/evaluate.js'
