import { isClassifier } from '../../classifiers/classifier.js'
import { drawClasses } from '../../drawing/draw_classes.js'
import { type DrawnDetection, drawDetections } from '../../drawing/draw_detections.js'
import { enlargeTiny } from '../../drawing/enlarge_tiny.js'
import type { RgbImage } from '../../drawing/rgb_image.js'
import type { ComputeOptions } from '../../engine/compute_options.js'
import { ImageClassifier } from '../../evaluation/image_classifier.js'
import {
  type DecodedImage,
  type FoundObject,
  ImageDetector,
} from '../../evaluation/image_detector.js'
import { COCO_SCALE } from '../../evaluation/image_input.js'
import type { ClassName } from '../../experiments/class_names.js'
import { cocoOf } from '../../experiments/load_data.js'
import { testCropOf } from '../../experiments/test_crop.js'
import type { Config, TrainableModel } from '../../registry.js'

/** What a model finds in one picture. */
export interface Finding {
  /** `3 objects (2 person, 1 dog)`. */
  summary: string
  /** What `--json` has of it. */
  document: object
  /** The class whose activation map is drawn where none is asked for. */
  bestLabel: number | undefined
  /** Draws it over a copy of the picture. */
  draw(picture: RgbImage): Promise<RgbImage>
}

/** A detector or a classifier, as the command `infer` uses it. */
export interface InferModel
  extends Pick<ImageClassifier, 'classActivation' | 'meanActivation' | 'dispose'> {
  find(image: DecodedImage): Promise<Finding>
  /** A picture in the size that it is written in. */
  shown(picture: RgbImage): RgbImage
}

export interface InferOptions {
  /** By label. */
  classes: readonly ClassName[]
  /** What has a higher score is shown. @default 0.3; the best five of a classifier */
  scoreThr?: number
  compute?: ComputeOptions
  /** As in `PredictOptions`. */
  lambda?: number
}

/** `scoreThr` of detectors, where none is given. */
export const DETECTION_SCORE_THR = 0.3

/** What `infer` does with pictures, by what its model is. */
export function inferModel(
  model: TrainableModel,
  config: Config,
  options: InferOptions,
): InferModel {
  if (isClassifier(model)) {
    const classifier = new ImageClassifier(model, {
      ...testCropOf(config),
      ...graphOptions(options),
    })
    return withMaps(classifier, {
      find: (image) => findClasses(classifier, image, options),
      shown: enlargeTiny,
    })
  }
  const { testScale, bucketStep } = cocoOf(config) ?? COCO_SCALE
  const numClasses = options.classes.length
  const detector = new ImageDetector(model, {
    testScale,
    bucketStep,
    numClasses,
    ...graphOptions(options),
  })
  return withMaps(detector, {
    find: (image) => findObjects(detector, image, options),
    shown: (picture) => picture,
  })
}

function graphOptions({ compute, lambda }: InferOptions) {
  return { compute, lambda }
}

function withMaps(
  model: ImageClassifier | ImageDetector,
  rest: Pick<InferModel, 'find' | 'shown'>,
): InferModel {
  return {
    ...rest,
    classActivation: (image, label) => model.classActivation(image, label),
    meanActivation: (image) => model.meanActivation(image),
    dispose: () => model.dispose(),
  }
}

async function findClasses(
  classifier: ImageClassifier,
  image: DecodedImage,
  { classes, scoreThr = -1 }: InferOptions,
): Promise<Finding> {
  const { labels, scores } = await classifier.classify(image)
  const predictions = labels
    .map((label, i) => ({ label, category: classes[label].name, score: scores[i] }))
    .filter(({ score }) => score > scoreThr)
  const drawn = predictions.map(({ label, category, score }) => {
    return { label: category, classIndex: label, score }
  })
  const parts = predictions.map(({ category, score }) => `${category} ${score.toFixed(2)}`)
  return {
    summary: parts.length > 0 ? parts.join(', ') : 'no class',
    document: { predictions },
    bestLabel: labels[0],
    draw: (picture) => drawClasses(enlargeTiny(picture), drawn),
  }
}

async function findObjects(
  detector: ImageDetector,
  image: DecodedImage,
  { classes, scoreThr = DETECTION_SCORE_THR }: InferOptions,
): Promise<Finding> {
  const found = (await detector.detect(image)).filter(({ score }) => score > scoreThr)
  return {
    summary: summary(found, classes),
    document: { detections: found.map((object) => described(object, classes)) },
    bestLabel: found[0]?.label,
    draw: (picture) => drawDetections(picture, drawings(found, classes)),
  }
}

function drawings(found: readonly FoundObject[], classes: readonly ClassName[]): DrawnDetection[] {
  return found.map(({ label, score, bbox: [x, y, width, height], segmentation }) => ({
    boxXyxy: [x, y, x + width, y + height],
    score,
    label: classes[label].name,
    classIndex: label,
    mask: segmentation,
  }))
}

/** `3 objects (2 person, 1 dog)`, the most frequent first. */
function summary(found: readonly FoundObject[], classes: readonly ClassName[]): string {
  const counts = new Map<string, number>()
  for (const { label } of found)
    counts.set(classes[label].name, (counts.get(classes[label].name) ?? 0) + 1)
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${count} ${name}`)
  const objects = `${found.length} ${found.length === 1 ? 'object' : 'objects'}`
  return parts.length > 0 ? `${objects} (${parts.join(', ')})` : objects
}

function described(
  { label, bbox, score, segmentation }: FoundObject,
  classes: readonly ClassName[],
) {
  const { id, name } = classes[label]
  return { category_id: id, category: name, bbox, score, segmentation }
}
