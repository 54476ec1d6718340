import {
  type MatchOptions,
  matchShapes,
  type Pretrained,
  type PretrainedMatch,
  shapesOf,
  sharedNames,
} from '../pretrained/index.js'
import { buildModel, type Form, type ModelConfig } from '../registry.js'

/**
 * Compares the weights of a file with a model in the form that they are in: the one that has more of their names, the
 * training form where both have as many, as of a network with one form.
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
