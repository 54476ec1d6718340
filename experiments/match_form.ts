import {
  type MatchOptions,
  matchShapes,
  type PretrainedMatch,
  sharedNames,
} from '../pretrained/load_pretrained.js'
import type { Pretrained } from '../pretrained/read_pretrained.js'
import { buildModel, type Form, type ModelConfig } from '../registry.js'
import { shapesOf } from '../weights/fill_weights.js'

/**
 * Matches the weights of a file with a model in the form that they are in: the one that has more
 * of their names, the training form where both have as many, as of a network with one form.
 */
export function matchForm(
  model: ModelConfig,
  pretrained: Pretrained,
  options: MatchOptions = {},
): PretrainedMatch & { form: Form } {
  const [train, deploy] = (['train', 'deploy'] as const).map((form) => {
    return { form, ...matchShapes(pretrained, shapesOf(buildModel(model, { form })), options) }
  })
  return sharedNames(deploy.report) > sharedNames(train.report) ? deploy : train
}

/** `actNum` of a VanillaNet whose config does not set it. */
const DEFAULT_ACT_NUM = 3

/**
 * The `actNum` of a VanillaNet's weights, from the side 2 n + 1 of their depthwise kernels.
 *
 * @returns undefined where the model has that already, or its backbone is another one.
 */
export function otherActNum(
  { backbone }: ModelConfig,
  { tensors }: PretrainedMatch['adapted'],
): number | undefined {
  if (backbone?.type !== 'VanillaNet') return undefined
  const names = ['stem2.2.weight', 'stem0.2.weight', 'stem.1.weight']
  const kernel = [...names, ...names.map((name) => `backbone.${name}`)]
    .map((name) => tensors[name]?.shape)
    .find((shape) => shape?.length === 4)
  const actNum = kernel && (kernel[3] - 1) / 2
  return actNum === (backbone.actNum ?? DEFAULT_ACT_NUM) ? undefined : actNum
}

/** A model with a VanillaNet of another `actNum`. */
export function withActNum(model: ModelConfig, actNum: number): ModelConfig {
  return { ...model, backbone: { ...model.backbone, actNum } } as ModelConfig
}
