import { ClassLoader, classEvalBatches } from '../../datasets/classification/class_loader.js'
import type { LabelledImages } from '../../datasets/classification/labelled_images.js'
import { drawCaption } from '../../drawing/draw_caption.js'
import { enlargeTiny } from '../../drawing/enlarge_tiny.js'
import { copyImage, type RgbImage } from '../../drawing/rgb_image.js'
import { classEvalOptions, requireClassData } from '../../experiments/classification_task.js'
import type { HostTensor } from '../../host_tensor.js'
import type { ClassDataConfig, Config } from '../../registry.js'

/** A picture as a classifier is given it, with its class written on it. */
export interface BrowsedPicture {
  drawn: RgbImage
  category: string
  /** Height and width before it is enlarged to be looked at. */
  inputSize: readonly [number, number]
  /** Where it comes from; only of val, whose order is that of the data set. */
  file?: string
}

/**
 * The pictures of a training run that starts now, before any are erased or mixed, or those of an
 * evaluation.
 */
export async function* browsedPictures(
  config: Config,
  dataset: LabelledImages,
  split: 'train' | 'val',
): AsyncGenerator<BrowsedPicture, void, undefined> {
  const data = requireClassData(config)
  const batches =
    split === 'train'
      ? trainBatches(data, dataset, config.seed ?? 0)
      : classEvalBatches(classEvalOptions(data, dataset))
  let place = 0
  for await (const { images, labels } of batches) {
    for (const [i, label] of labels.entries()) {
      const category = dataset.classes[label]
      const { data: pixels, width, height } = pictureOf(images, i)
      const drawn = enlargeTiny({ data: pixels, width, height })
      await drawCaption(drawn, category)
      const file = split === 'val' ? dataset.images[place].file : undefined
      yield { drawn, category, inputSize: [height, width], file }
      place++
    }
  }
}

async function* trainBatches(
  data: ClassDataConfig,
  dataset: LabelledImages,
  seed: number,
): AsyncGenerator<{ images: HostTensor; labels: number[] }, void, undefined> {
  const loader = new ClassLoader({ ...data, dataset, seed })
  try {
    for await (const { tensors } of loader.batches()) {
      yield { images: tensors.images, labels: Array.from(tensors.labels.data) }
    }
  } finally {
    await loader.close()
  }
}

/** A copy: the memory of a batch is written over. */
function pictureOf({ shape, data }: HostTensor, index: number): RgbImage {
  const [, height, width] = shape
  const bytes = height * width * 3
  const pixels = (data as Uint8Array).subarray(index * bytes, (index + 1) * bytes)
  return copyImage({ data: pixels, width, height })
}
