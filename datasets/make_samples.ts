import type { AnnotationRows, Id } from '../packages/pycocotools-js/source/index.js'
import type { Sample } from './coco.js'
import { CROWD, type ListCounts, OTHER_CATEGORY, objectFault } from './left_out.js'
import type { LocatedImage } from './locate_images.js'
import type { SoundCategory } from './sound_entries.js'
import { tallyUp } from './tally.js'

/** A sample, and how many annotations of the classes its image has, those that training leaves out too. */
export interface CountedSample {
  sample: Sample
  annotated: number
}

export interface SampleOptions {
  /** Those of the classes, by label. */
  categories: readonly SoundCategory[]
  /** Training leaves out more than an evaluation does. */
  mode: 'train' | 'test'
  /** Takes what is left out. */
  counts: ListCounts
}

/** Of what `objectFault` finds, evaluation too does not count these among the objects. */
const NOT_EVALUATED = [OTHER_CATEGORY, CROWD]

/**
 * The objects of each image, in the order of `images`.
 *
 * @param rows sound annotations of the images, of any category.
 */
export function makeSamples(
  images: readonly LocatedImage[],
  rows: AnnotationRows,
  { categories, mode, counts }: SampleOptions,
): CountedSample[] {
  const labelOf = new Map<Id | undefined, number>(categories.map(({ id }, label) => [id, label]))
  const rowsByImage = groupByImage(images, rows)
  return images.map((image, i) => {
    const size: [number, number] = [image.height, image.width]
    const objects: number[] = []
    const crowds: number[] = []
    let annotated = 0
    for (const row of rowsByImage[i]) {
      const isOfClasses = labelOf.has(rows.categoryId(row))
      if (isOfClasses) annotated++
      const fault = isOfClasses ? objectFault(rows, row, size) : OTHER_CATEGORY
      if (fault === undefined) objects.push(row)
      else if (mode === 'train' || NOT_EVALUATED.includes(fault)) {
        tallyUp(counts.leftOut, fault, rows.id(row))
      }
      if (fault === CROWD) crowds.push(row)
    }
    const sample: Sample = {
      imageId: image.id,
      file: image.file,
      size,
      boxesXyxy: boxesXyxy(rows, objects),
      labels: Int32Array.from(objects, (row) => labelOf.get(rows.categoryId(row))!),
      segmentation: (object) => rows.segmentation(objects[object]),
      annotationId: (object) => rows.id(objects[object]),
      crowdBoxesXyxy: boxesXyxy(rows, crowds),
    }
    return { sample, annotated }
  })
}

/** The rows of each image, in file order. */
function groupByImage(images: readonly LocatedImage[], rows: AnnotationRows): Int32Array[] {
  const places = new Map<Id, number>(images.map(({ id }, place) => [id, place]))
  const placeOfRow = new Int32Array(rows.length)
  const ends = new Int32Array(images.length + 1)
  for (let row = 0; row < rows.length; row++) {
    const place = places.get(rows.imageId(row))!
    placeOfRow[row] = place
    ends[place + 1]++
  }
  for (let place = 0; place < images.length; place++) ends[place + 1] += ends[place]
  const next = ends.slice()
  const sorted = new Int32Array(rows.length)
  for (let row = 0; row < rows.length; row++) sorted[next[placeOfRow[row]]++] = row
  return images.map((_, place) => sorted.subarray(ends[place], ends[place + 1]))
}

/** `[n, 4]` from COCO's `x y width height` to `x1 y1 x2 y2`. */
function boxesXyxy(rows: AnnotationRows, selected: readonly number[]): Float32Array {
  const boxes = new Float32Array(4 * selected.length)
  const box = new Float64Array(4)
  for (const [i, row] of selected.entries()) {
    rows.writeBox(row, box, 0)
    const [x, y, width, height] = box
    boxes.set([x, y, x + width, y + height], 4 * i)
  }
  return boxes
}
