import type { Classifier } from '../classifiers/classifier.js'
import { checkPictures } from '../datasets/classification/check_pictures.js'
import { readCifar } from '../datasets/classification/cifar.js'
import { ClassLoader } from '../datasets/classification/class_loader.js'
import { requireRoomForCrops } from '../datasets/classification/crop_options.js'
import { readImageFolder } from '../datasets/classification/image_folder.js'
import type { LabelledImages } from '../datasets/classification/labelled_images.js'
import type { ComputeOptions } from '../engine/compute_options.js'
import { ConfigError, DataError } from '../errors.js'
import { type ClassifyOptions, classifyAll, evaluateClasses } from '../evaluation/classify.js'
import { savePredictionsOfRun } from '../evaluation/save_predictions.js'
import type { ClassDataConfig, Config } from '../registry.js'
import { findAllFaults, isCoco, requirePart } from './load_data.js'
import type { Task, TaskOptions } from './task.js'

/** The class folders of a config, for a classifier. */
export async function classificationTask(
  config: Config,
  model: Classifier,
  { workDir, seed, compute }: TaskOptions & { compute: ComputeOptions },
): Promise<Task> {
  const data = requireClassData(config)
  const { train, val } = await loadBoth(config)
  const options = val && { ...classEvalOptions(data, val), compute }
  return {
    classes: train.classes,
    dataLines: [
      pictureLine(train, 'trains on'),
      ...(val ? [pictureLine(val, 'evaluates on')] : []),
    ],
    shapeLines: [],
    loader: new ClassLoader({ ...data, dataset: train, seed }),
    hooks: options && {
      evaluate: async ({ lambda, signal }) => {
        const found = await evaluateClassifier(model, { ...options, lambda, signal })
        await savePredictionsOfRun(workDir, val, found.predictions)
        return found.accuracy
      },
    },
    data: { train: pictureReport(train), val: val && pictureReport(val) },
  }
}

/** Classifies a data set and compares with its classes. */
export async function evaluateClassifier(model: Classifier, options: ClassifyOptions) {
  const { images, classes } = options.dataset
  const predictions = await classifyAll(model, options)
  const labels = images.map(({ label }) => label)
  return { ...evaluateClasses(predictions, labels, classes), predictions }
}

async function loadBoth(config: Config) {
  let train: LabelledImages | undefined
  let val: LabelledImages | undefined
  await findAllFaults([
    async () => {
      train = await loadPictures(config, 'train')
    },
    async () => {
      if (config.evaluation) val = await loadPictures(config, 'val', train?.classes)
    },
  ])
  return { train: train!, val }
}

/**
 * Reads a split, holds its classes to those of the model, and looks at its pictures.
 *
 * @param classes that there are to be, by label, as of a checkpoint.
 */
export async function loadPictures(
  config: Config,
  split: 'train' | 'val',
  classes?: readonly string[],
): Promise<LabelledImages> {
  const data = requireClassData(config)
  const dataset = await readPictures(data, split, classes)
  const { numClasses } = config.model
  const count = dataset.classes.length
  if (count !== numClasses) {
    throw new ConfigError(
      'model.numClasses',
      `is ${numClasses}, but ${dataset.source} has ${count} classes`,
      `set model.numClasses=${count}, or name other data`,
    )
  }
  await checkPictures(dataset, data)
  return dataset
}

async function readPictures(
  data: ClassDataConfig,
  split: 'train' | 'val',
  classes: readonly string[] | undefined,
): Promise<LabelledImages> {
  if (data.type === 'ImageFolder')
    return readImageFolder(data[split].folder, { ...data[split], classes })
  const dataset = await readCifar(data.archive, split, data)
  const changed = classes?.findIndex((name, label) => name !== dataset.classes[label]) ?? -1
  if (changed < 0) return dataset
  const what = `has the class ${changed} '${dataset.classes[changed]}', which is to be '${classes?.[changed]}'`
  throw new DataError(data.archive, what, 'use the data that the checkpoint was trained on')
}

/** The data of a classifier's config. */
export function requireClassData(config: Config): ClassDataConfig {
  const data = requirePart(config, 'data')
  if (!isCoco(data)) return data
  throw new ConfigError(
    'data.type',
    `is COCO, but model.type is ${config.model.type}`,
    'use ImageFolder or CIFAR, or make a detector of the model',
  )
}

/** What `classifyAll` needs of a config. */
export function classEvalOptions(data: ClassDataConfig, dataset: LabelledImages) {
  const { imageSize, testCropRatio, testCrops, workers, maxPixels } = data
  requireRoomForCrops(data)
  const batchSize = data.testBatchSize ?? data.batchSize
  return { dataset, batchSize, imageSize, testCropRatio, testCrops, workers, maxPixels }
}

/** `trains on 5000 pictures of 10 classes in data/cifar10/train`. */
export function pictureLine({ source, images, classes }: LabelledImages, verb: string): string {
  return `${verb} ${images.length} pictures of ${classes.length} classes in ${source}`
}

function pictureReport({ source, images, classes }: LabelledImages) {
  const counts = classes.map(() => 0)
  for (const { label } of images) counts[label]++
  const perClass = classes.map((name, label) => [name, counts[label]] as const)
  return { source, pictures: images.length, classes: Object.fromEntries(perClass) }
}
