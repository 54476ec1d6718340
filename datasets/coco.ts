import { join } from 'node:path'
import { ConfigError, DataError } from '../errors.js'
import {
  type CocoAnnotation,
  type CocoCategory,
  type CocoId,
  type CocoImage,
  type CocoJson,
  readCocoFile,
} from './coco_json.js'
import {
  CROWD,
  countUp,
  INVALID,
  type LeftOut,
  MIN_SIDE,
  OTHER_CATEGORY,
  objectFault,
} from './left_out.js'

/** One image with its objects. Sizes are `[height, width]`; everything is in pixels of the image on disk. */
export interface Sample {
  imageId: CocoId
  /** Path of the image file. */
  file: string
  /** As the annotation file says; the decoder holds the file to it. */
  size: [number, number]
  /** `[n, 4]`, `x1 y1 x2 y2`, not clipped; crowds are not in it. */
  boxesXyxy: Float32Array
  /** `[n]`, index into the classes. */
  labels: Int32Array
  /** `[n]`; an object without a segmentation has undefined. */
  segmentations: (CocoAnnotation['segmentation'] | undefined)[]
  /** `[n]`, the objects' annotations, for messages. */
  annotationIds: CocoId[]
  /** `[m, 4]`, regions of many objects that are annotated as one. */
  crowdBoxesXyxy: Float32Array
}

export interface CocoOptions {
  /** COCO instances file. */
  annFile: string
  /** Folder that the file names of the images start from. */
  imageDir: string
  /** `train` leaves out images that teach nothing; `test` keeps all. */
  mode: 'train' | 'test'
  /** Keeps the first images of the file, before anything is left out. */
  limit?: number
  /**
   * The names a model was made for, in its order. Categories of other names are left out; without it the
   * classes are the file's categories in the file's order.
   */
  classes?: readonly string[]
  /** Leaves out annotations that cannot be used, where the default is to refuse the file. */
  skipInvalid?: boolean
  /** Trains on images without annotations too. */
  keepEmpty?: boolean
}

export interface CocoDataset {
  annFile: string
  /** Names, by label. */
  classes: string[]
  /** The file's category ids, by label. */
  categoryIds: number[]
  /** In the order of the file. */
  samples: Sample[]
  /** What is not used of the file; evaluation reads all annotations of the classes. */
  leftOut?: LeftOut
  /** The parsed file: all categories, the first `limit` images, and their annotations. Evaluation reads it. */
  annotations: CocoJson
}

/**
 * Loads a COCO annotation file. Image files are not opened yet.
 *
 * Source: filtering as mmdetection 2.x's `CocoDataset`; see `objectFault`.
 */
export async function loadCoco(options: CocoOptions): Promise<CocoDataset> {
  const { annFile, imageDir, mode, limit, keepEmpty = false } = options
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new ConfigError('limit', `is ${limit}`, 'give a number of images, at least 1')
  }
  const { json: whole, invalid } = await readCocoFile(annFile, options.skipInvalid)
  const annotations = limit === undefined ? whole : firstImages(whole, limit)
  const categories = chooseCategories(annFile, whole.categories, options.classes)
  const labelOf = new Map(categories.map((category, label) => [category.id, label]))

  const leftOut: LeftOut = {
    total: { images: annotations.images.length, objects: annotations.annotations.length + invalid },
    images: {},
    objects: {},
  }
  countUp(leftOut.objects, INVALID, invalid)
  const byImage = new Map<CocoId, CocoAnnotation[]>(annotations.images.map(({ id }) => [id, []]))
  for (const annotation of annotations.annotations) {
    if (labelOf.has(annotation.category_id)) byImage.get(annotation.image_id)?.push(annotation)
    else countUp(leftOut.objects, OTHER_CATEGORY)
  }

  const counts = mode === 'train' ? leftOut.objects : {}
  const all = annotations.images.map((image) => {
    const file = join(imageDir, image.file_name)
    return makeSample(image, file, { annotations: byImage.get(image.id) ?? [], labelOf, counts })
  })
  const isLarge = (sample: Sample) => Math.min(...sample.size) >= MIN_SIDE
  // An image whose annotations are crowds, or too small to use, stays as one without objects.
  const isAnnotated = ({ imageId }: Sample) => (byImage.get(imageId) ?? []).length > 0
  const samples = all.filter((sample) => {
    if (mode === 'test') return true
    const isKept = keepEmpty || isAnnotated(sample)
    if (!isKept) countUp(leftOut.images, 'without an object of the classes')
    else if (!isLarge(sample)) countUp(leftOut.images, `with a side below ${MIN_SIDE} pixels`)
    if (isKept && isLarge(sample)) return true
    countUp(leftOut.objects, 'in images left out', sample.labels.length)
    return false
  })
  if (samples.length === 0) throw noImages(annFile, all, isLarge)

  return {
    annFile,
    classes: categories.map((category) => category.name),
    categoryIds: categories.map((category) => category.id),
    samples,
    leftOut,
    annotations,
  }
}

function firstImages(json: CocoJson, limit: number): CocoJson {
  const images = json.images.slice(0, limit)
  const ids = new Set(images.map((image) => image.id))
  const annotations = json.annotations.filter((annotation) => ids.has(annotation.image_id))
  return { ...json, images, annotations }
}

function chooseCategories(
  annFile: string,
  categories: readonly CocoCategory[],
  classes: readonly string[] | undefined,
): readonly CocoCategory[] {
  if (classes === undefined) return categories
  const byName = new Map(categories.map((category) => [category.name, category]))
  const missing = classes.filter((name) => !byName.has(name))
  if (missing.length > 0) {
    const has = quoteNames([...byName.keys()])
    throw new DataError(
      annFile,
      `has no category ${quoteNames(missing)}, a class of the model (it has ${has})`,
      'use annotations with the categories that the model was trained on',
    )
  }
  return classes.map((name) => byName.get(name)!)
}

function quoteNames(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `'${name}'`)
  if (names.length > 5) shown.push(`${names.length - 5} more`)
  return shown.length === 0 ? 'none' : shown.join(', ')
}

interface SampleParts {
  /** Of the image, and of the classes. */
  annotations: readonly CocoAnnotation[]
  labelOf: ReadonlyMap<number, number>
  /** Counts what is left out, by reason. */
  counts: Record<string, number>
}

function makeSample(
  image: CocoImage,
  file: string,
  { annotations, labelOf, counts }: SampleParts,
): Sample {
  const objects: CocoAnnotation[] = []
  const crowds: CocoAnnotation[] = []
  for (const annotation of annotations) {
    const fault = objectFault(annotation, image)
    if (fault === undefined) objects.push(annotation)
    else countUp(counts, fault)
    if (fault === CROWD) crowds.push(annotation)
  }
  return {
    imageId: image.id,
    file,
    size: [image.height, image.width],
    boxesXyxy: boxesXyxy(objects),
    labels: Int32Array.from(objects, (annotation) => labelOf.get(annotation.category_id)!),
    segmentations: objects.map(({ segmentation }) => segmentation),
    annotationIds: objects.map(({ id }) => id),
    crowdBoxesXyxy: boxesXyxy(crowds),
  }
}

/** `[n, 4]` from COCO's `x y width height` to `x1 y1 x2 y2`. */
function boxesXyxy(annotations: readonly CocoAnnotation[]): Float32Array {
  return Float32Array.from(
    annotations.flatMap(({ bbox: [x, y, width, height] }) => [x, y, x + width, y + height]),
  )
}

function noImages(
  annFile: string,
  all: readonly Sample[],
  isLarge: (sample: Sample) => boolean,
): DataError {
  if (all.length === 0) return new DataError(annFile, 'has no images', 'give a file that has some')
  const small = all.filter((sample) => !isLarge(sample)).length
  const empty = all.length - small
  return new DataError(
    annFile,
    `none of its ${all.length} images can be trained on (${empty} without an annotation of the classes, ${small} with a side below ${MIN_SIDE} pixels)`,
    'check the annotations and the class names',
  )
}
