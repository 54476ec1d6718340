import { isId, showId } from '../ids.js'
import { checkSegmentation } from '../mask/check_segmentation.js'
import { MaskFault } from '../mask/mask_fault.js'
import type { Segmentation } from '../mask/segmentation.js'
import type { CocoDataset, CocoImage, Id } from '../types.js'
import {
  annotationIdFault,
  areaFault,
  boxFault,
  type Fault,
  iscrowdFault,
  isEmptyMask,
  noMaskFault,
  unknownIdFault,
} from './annotation_faults.js'
import type { AnnotationRows } from './annotation_rows.js'
import { noSizeFault } from './image_size.js'

/** What makes an annotation unusable. Reads as one sentence: subject, what, fix. */
export interface AnnotationFault {
  /** `annotation 7 (image 3)`, or `annotations[4]` where it has no usable id. */
  subject: string
  /**
   * Goes on after the subject: `has an area of -3`. Values as the file has them, text in quotes.
   */
  what: string
  fix: string
  /** Words for a count, after `3 objects`: `without a box`, `of negative area` ... */
  kind: string
}

export interface RuleOptions {
  /** Whether the annotation needs a mask, too. @default false */
  masks?: boolean
}

/**
 * The rules of annotations that evaluation and training share: known ids, a sound box and, if it is
 * asked for, a mask that can be drawn in its image. `id`, `area` and `iscrowd` may be absent or
 * null. Ids may repeat.
 *
 * Nothing is drawn, and no object is made for a row that keeps the rules.
 *
 * @returns a function that returns the first fault of a row, or undefined.
 */
export function annotationRules(
  { dataset, rows }: { dataset: CocoDataset; rows: AnnotationRows },
  { masks = false }: RuleOptions = {},
): (row: number) => AnnotationFault | undefined {
  const images = new Map((dataset.images ?? []).map((image) => [image.id, image]))
  const categories = new Set((dataset.categories ?? []).map(({ id }) => id))
  const boxXywh = new Float64Array(4)
  let last: Id | undefined // the annotations of an image often follow each other
  const isKnownImage = (id: Id | undefined): boolean => {
    if (id === undefined || (id !== last && !images.has(id))) return false
    last = id
    return true
  }
  const isSound = (row: number): boolean =>
    isUsableId(rows, row) &&
    isKnownImage(rows.imageId(row)) &&
    categories.has(rows.categoryId(row)!) &&
    rows.writeBox(row, boxXywh, 0) &&
    boxXywh[2] >= 0 &&
    boxXywh[3] >= 0 &&
    isUsableArea(rows, row) &&
    (!Number.isNaN(rows.iscrowd(row)) || rows.lacks(row, 'iscrowd'))

  return (row) => {
    let fault = isSound(row) ? undefined : valueFault(rows, row, images, categories)
    if (masks) fault ??= maskFault(rows, row, images.get(rows.imageId(row))!)
    return fault ? { subject: subjectOf(rows, row), ...fault } : undefined
  }
}

/**
 * The strictest rules that a whole file keeps: those of masks, those without masks, or none. Rules
 * of masks count only where every image has its size in the file.
 */
export type KeptRules = 'masks' | 'boxes' | 'none'

/**
 * Version, to be raised when a rule changes: a file's `KeptRules` may be known from an earlier run.
 */
export const RULES_VERSION = 1

export function keptRules(file: { dataset: CocoDataset; rows: AnnotationRows }): KeptRules {
  const images = file.dataset.images ?? []
  const categories = file.dataset.categories ?? []
  if (![...images, ...categories].every(({ id }) => isId(id))) return 'none'
  const isSized = images.every(
    ({ height, width }) => Number.isInteger(height) && Number.isInteger(width),
  )
  if (isSized && keepsRules(file, { masks: true })) return 'masks'
  return keepsRules(file, { masks: false }) ? 'boxes' : 'none'
}

function keepsRules(
  file: { dataset: CocoDataset; rows: AnnotationRows },
  options: RuleOptions,
): boolean {
  const ruleFor = annotationRules(file, options)
  for (let row = 0; row < file.rows.length; row++) if (ruleFor(row)) return false
  return true
}

function isUsableId(rows: AnnotationRows, row: number): boolean {
  const id = rows.id(row)
  if (typeof id === 'number') return isId(id)
  return rows.lacks(row, 'id') || (typeof id === 'string' && annotationIdFault(id) === undefined)
}

function isUsableArea(rows: AnnotationRows, row: number): boolean {
  const area = rows.area(row)
  return (area >= 0 && area !== Number.POSITIVE_INFINITY) || rows.lacks(row, 'area')
}

/** The first fault of a row as it stands in the file. */
function valueFault(
  rows: AnnotationRows,
  row: number,
  images: ReadonlyMap<Id, CocoImage>,
  categories: ReadonlySet<Id>,
): Fault | undefined {
  const { id, image_id, category_id, bbox, area, iscrowd } = rows.at(row)
  return (
    annotationIdFault(id ?? 0) ??
    unknownIdFault(image_id, 'image', images) ??
    unknownIdFault(category_id, 'category', categories) ??
    boxFault(bbox) ??
    areaFault(area ?? 0) ??
    iscrowdFault(iscrowd ?? 0)
  )
}

function maskFault(rows: AnnotationRows, row: number, image: CocoImage): Fault | undefined {
  const segmentation = rows.segmentation(row)
  if (segmentation === undefined) return noMaskFault(rows.at(row).segmentation)
  const { height, width } = image
  const hasSize = typeof height === 'number' && typeof width === 'number'
  if ('polygons' in segmentation) {
    if (isEmptyMask(segmentation.polygons)) return noMaskFault([])
    if (!hasSize) return noSizeFault(image, image.id)
  } else if (hasSize && isOfOtherSize(segmentation, height, width))
    return otherSizeFault(segmentation, height, width)
  try {
    checkSegmentation(segmentation, [height!, width!])
    return undefined
  } catch (fault) {
    if (!(fault instanceof MaskFault)) throw fault
    return { what: fault.what, fix: fault.fix, kind: 'with a mask that cannot be drawn' }
  }
}

type RunLengths = Extract<Segmentation, { size: unknown }>

function isOfOtherSize({ size }: RunLengths, height: number, width: number): boolean {
  return size.every(Number.isInteger) && (size[0] !== height || size[1] !== width)
}

function otherSizeFault({ size }: RunLengths, height: number, width: number): Fault {
  const isSwapped = size[0] === width && size[1] === height
  return {
    what: `has a mask of ${size[1]} x ${size[0]} pixels, but its image is ${width} x ${height}`,
    fix: isSwapped ? 'a size is [height, width]' : 'make the mask for this image',
    kind: 'with a mask of another size than its image',
  }
}

function subjectOf(rows: AnnotationRows, row: number): string {
  const { id, image_id } = rows.at(row)
  if (!isId(id)) return `annotations[${row}]`
  return isId(image_id)
    ? `annotation ${showId(id)} (image ${showId(image_id)})`
    : `annotation ${showId(id)}`
}
