import { countOperations } from '../benchmark/flops.js'
import { classInputSize } from '../experiments/test_crop.js'
import { buildModel, type Config, type Form } from '../registry.js'

/** Height and width that published counts of detectors are for, pixels. */
const DETECTOR_SHAPE = [800, 1280] as const

export interface ModelSize {
  form: Form
  /** Height and width of the image that is counted for, pixels. */
  shape: readonly [height: number, width: number]
  paramsM: number
  /**
   * Billions of multiply-accumulates of an image of `shape`, as `countOperations` counts
   * everything.
   */
  gmacs: number
  gmacsMmcv: number
}

/**
 * Parameters and operations of a model, deploy form first; one entry where the two forms are the
 * same.
 */
export function modelSizes(config: Config): ModelSize[] {
  const { model } = config
  const shape = model.type === 'Classifier' ? classInputSize(config) : DETECTOR_SHAPE
  const [deploy, train] = (['deploy', 'train'] as const).map((form): ModelSize => {
    const { params, gmacs, gmacsMmcv } = countOperations(buildModel(model, { form }), shape)
    return { form, shape, paramsM: params / 1e6, gmacs, gmacsMmcv }
  })
  const isSame = deploy.paramsM === train.paramsM && deploy.gmacs === train.gmacs
  return isSame ? [deploy] : [deploy, train]
}
