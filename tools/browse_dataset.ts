/**
 * Draws what a model is given: images as they are resized, mirrored and padded, with their objects;
 * of a classifier as they are cut out and changed, before they are erased and mixed, with their
 * class.
 *
 * With --json:
 * `{ "images": [{ "picture", "imageId", "inputSize", "paddedSize", "objects" }, ...] }`, sizes
 * height and width, and of each object its `category` and `boxXyxy`, input pixels. Of a classifier
 * `{ "images": [{ "picture", "inputSize", "category", "file"? }, ...] }`, `file` of val only.
 * Inputs below 256 pixels are drawn enlarged.
 */
import { join } from 'node:path'
import { Option } from 'commander'
import { isClassifier } from '../classifiers/classifier.js'
import { placeImage } from '../datasets/augment.js'
import { assembleBatch, type HostBatch, planBatch } from '../datasets/batch.js'
import type { CocoDataset } from '../datasets/coco.js'
import { dataLines } from '../datasets/data_report.js'
import { TrainLoader } from '../datasets/loader.js'
import { renderImages, renderRequest } from '../datasets/render.js'
import { drawBatchImage } from '../drawing/draw_batch.js'
import { loadPictures, pictureLine } from '../experiments/classification_task.js'
import { loadConfig } from '../experiments/load.js'
import { loadSplit, noteExif } from '../experiments/load_data.js'
import { buildTrainable, type Config, type DataConfig } from '../registry.js'
import { type BrowsedPicture, browsedPictures } from './cli/browse_classes.js'
import { type ConfigFlags, command, configOptions, parseCount, run } from './cli/command.js'
import { fileNamePart, writePicture } from './cli/write_picture.js'

interface Flags extends ConfigFlags {
  out: string
  split: 'train' | 'val'
  count: number
}

const program = configOptions(
  command(
    'browse_dataset',
    'Draws what a model is given: images as prepared, with their objects or class.',
  )
    .argument('<config>', 'a file such as configs/retinanet_vanilla13.ts')
    .option('--out <folder>', 'where the pictures go', 'browse_out')
    .addOption(
      new Option('--split <name>', 'train, shuffled and augmented as in the first epoch, or val')
        .choices(['train', 'val'])
        .default('train'),
    )
    .option('--count <n>', 'images to draw', parseCount(1), 16),
)

await run<Flags>(program, async ([configPath], flags, say) => {
  const { cfgOptions, out, split, count } = flags
  const config = await loadConfig(configPath, cfgOptions)
  const model = buildTrainable(config.model)
  if (isClassifier(model)) return browseClasses(config, flags, say)
  const masks = model.needsMasks
  const { data, dataset } = await loadSplit(config, split, { masks })
  await noteExif(dataset, data)
  for (const line of dataLines(dataset, 'draws from')) say(line)
  const batches =
    split === 'train'
      ? trainBatches(dataset, data, { seed: config.seed ?? 0, masks })
      : valBatches(dataset, data, { masks })

  const images: DrawnImage[] = []
  for await (const batch of batches) {
    for (const index of batch.imageIds.keys()) {
      if (images.length === count) break
      const place = String(images.length).padStart(4, '0')
      const picture = join(out, `${place}_${fileNamePart(String(batch.imageIds[index]))}.jpg`)
      await writePicture(picture, await drawBatchImage(batch.tensors, index, dataset.classes))
      const image = { picture, ...described(batch, index, dataset.classes) }
      images.push(image)
      say(lineOf(image, batch.originalSizes[index]))
    }
    if (images.length === count) break
  }
  return { images }
})

/** Draws the pictures of a classifier. */
async function browseClasses(
  config: Config,
  { out, split, count }: Flags,
  say: (line: string) => void,
): Promise<{ images: Omit<BrowsedPicture, 'drawn'>[] }> {
  const dataset = await loadPictures(config, split)
  say(pictureLine(dataset, 'draws from'))
  const images: (Omit<BrowsedPicture, 'drawn'> & { picture: string })[] = []
  for await (const { drawn, ...described } of browsedPictures(config, dataset, split)) {
    const place = String(images.length).padStart(4, '0')
    const picture = join(out, `${place}_${fileNamePart(described.category)}.jpg`)
    await writePicture(picture, drawn)
    images.push({ picture, ...described })
    say(`${picture}: ${described.category}, ${described.inputSize.join(' x ')}`)
    if (images.length === count) break
  }
  return { images }
}

/** The batches of a training run that starts now. */
async function* trainBatches(
  dataset: CocoDataset,
  data: DataConfig,
  { seed, masks }: { seed: number; masks: boolean },
): AsyncGenerator<HostBatch, void, undefined> {
  const loader = new TrainLoader({ ...data, dataset, seed, masks })
  try {
    yield* loader.batches()
  } finally {
    await loader.close()
  }
}

/**
 * The images of an evaluation, one a batch; it is not given their masks, but they are worth a look.
 */
async function* valBatches(
  dataset: CocoDataset,
  { testScale, bucketStep, exif, maxPixels }: DataConfig,
  { masks }: { masks: boolean },
): AsyncGenerator<HostBatch, void, undefined> {
  for (const sample of dataset.samples) {
    const plan = planBatch([placeImage(sample, { scale: testScale, flip: false })], bucketStep)
    const request = renderRequest(plan, { exif, maxPixels, masks })
    const rendered = await renderImages(request)
    yield assembleBatch(plan, rendered.pixels, rendered.masks)
  }
}

interface DrawnImage extends ReturnType<typeof described> {
  picture: string
}

function described({ tensors, imageIds }: HostBatch, index: number, classes: readonly string[]) {
  const { images, imageSizes, boxesXyxy, labels } = tensors
  const slots = labels.shape[1]
  const objects = Array.from(labels.data.subarray(index * slots, (index + 1) * slots))
    .map((label, i) => ({ label, slot: index * slots + i }))
    .filter(({ label }) => label >= 0)
    .map(({ label, slot }) => ({
      category: classes[label],
      boxXyxy: Array.from(boxesXyxy.data.subarray(4 * slot, 4 * slot + 4)),
    }))
  return {
    imageId: imageIds[index],
    inputSize: Array.from(imageSizes.data.subarray(2 * index, 2 * index + 2)),
    paddedSize: images.shape.slice(1, 3),
    objects,
  }
}

function lineOf(
  { picture, imageId, inputSize, paddedSize, objects }: DrawnImage,
  originalSize: readonly number[],
): string {
  const [from, to, padded] = [originalSize, inputSize, paddedSize].map((size) => size.join(' x '))
  const count = `${objects.length} ${objects.length === 1 ? 'object' : 'objects'}`
  return `${picture}: image ${imageId}, ${from} to ${to} in ${padded}, ${count}`
}
