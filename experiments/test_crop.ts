import type { TestCropOptions } from '../datasets/classification/crop_options.js'
import type { Config } from '../registry.js'

/** How pictures are cut out where the config of a classifier has no data: as those of ImageNet. */
const IMAGENET_CROP = { imageSize: 224, testCropRatio: 0.875 } as const

/** How pictures become the input of a config's classifier in an evaluation. */
export function testCropOf({ data }: Pick<Config, 'data'>): Required<TestCropOptions> {
  if (data === undefined || !('imageSize' in data)) return IMAGENET_CROP
  const { imageSize, testCropRatio = IMAGENET_CROP.testCropRatio } = data
  return { imageSize, testCropRatio }
}

/** Height and width of the input of a config's classifier, pixels. */
export function classInputSize(config: Pick<Config, 'data'>): [height: number, width: number] {
  const { imageSize } = testCropOf(config)
  return [imageSize, imageSize]
}
