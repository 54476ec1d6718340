export { RANDOM_VERSION, Random } from '../random/random.js'
export { adaptiveAveragePool } from './adaptive_average_pool.js'
export { adaptiveMaxPool } from './adaptive_max_pool.js'
export { BatchNorm, type BatchNormOptions } from './batch_norm.js'
export {
  type ConvNorm,
  ConvPair,
  type ConvPairOptions,
  forwardPair,
  mergePair,
} from './conv_pair.js'
export { ConvTranspose2d, type ConvTranspose2dOptions, joinPatches } from './conv_transpose2d.js'
export { Conv2d, type Conv2dOptions, convNorm, depthwise } from './conv2d.js'
export { atLambda, deepTraining } from './deep_training.js'
export { dropout, dropPath } from './dropout.js'
export {
  constant,
  kaimingNormalFanOut,
  normal,
  ones,
  truncatedNormal,
  uniform,
  uniformFanIn,
  xavierUniform,
  zeros,
} from './initializers.js'
export { LayerNorm, type LayerNormOptions, layerNorm } from './layer_norm.js'
export { Linear, type LinearOptions } from './linear.js'
export {
  assignMerged,
  foldBatchNorm,
  type MatrixProduct,
  type MergedConv,
  mergePointwise,
  unmerged,
} from './merge_convolutions.js'
export { type ForwardOptions, functionalCall, Module } from './module.js'
export { emptyVariable, type Initializer, Parameter } from './parameter.js'
export { randomizeNorms } from './randomize_norms.js'
export { SeriesActivation, type SeriesActivationOptions } from './series_activation.js'
