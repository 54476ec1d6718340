import { countOperations } from '../benchmark/flops.js'
import { buildModel, type Form, type ModelConfig } from '../registry.js'

/** Height and width that published counts are for, pixels. */
export const SIZE_SHAPE = [800, 1280] as const

export interface ModelSize {
  form: Form
  paramsM: number
  /**
   * Billions of multiply-accumulates of an image of `SIZE_SHAPE`, as `countOperations` counts
   * everything.
   */
  gmacs: number
  gmacsMmcv: number
}

/**
 * Parameters and operations of a model, deploy form first; one entry where the two forms are the
 * same.
 */
export function modelSizes(model: ModelConfig): ModelSize[] {
  const [deploy, train] = (['deploy', 'train'] as const).map((form): ModelSize => {
    const { params, gmacs, gmacsMmcv } = countOperations(buildModel(model, { form }), SIZE_SHAPE)
    return { form, paramsM: params / 1e6, gmacs, gmacsMmcv }
  })
  const isSame = deploy.paramsM === train.paramsM && deploy.gmacs === train.gmacs
  return isSame ? [deploy] : [deploy, train]
}
