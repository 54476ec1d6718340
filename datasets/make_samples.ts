import type { AnnotationRows } from '../packages/pycocotools-js/source/annotations/annotation_rows.js'
import type { Id } from '../packages/pycocotools-js/source/types.js'
import { boxesXyxy, ImageSample, type ObjectColumns } from './image_sample.js'
import { CROWD, type ListCounts, OTHER_CATEGORY, objectFault } from './left_out.js'
import type { LocatedImage } from './locate_images.js'
import type { Sample } from './sample.js'
import type { SoundCategory } from './sound_entries.js'
import { tallyUp } from './tally.js'

/**
 * A sample, and how many annotations of the classes its image has, those that training leaves out
 * too.
 */
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

/** Findings of `objectFault` that evaluation too does not count among the objects. */
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
  const { sorted, starts, faultOf } = groupByImage(images, rows, labelOf)
  const objects: ObjectColumns = { rows, labelOf, rowOf: new Int32Array(rows.length) }
  let end = 0
  return images.map((image, i) => {
    const start = end
    let crowds: number[] | undefined
    let annotated = 0
    for (let place = starts[i]; place < starts[i + 1]; place++) {
      const row = sorted[place]
      const fault = faultOf(row)
      if (fault !== OTHER_CATEGORY) annotated++
      if (fault === undefined) objects.rowOf[end++] = row
      else if (mode === 'train' || NOT_EVALUATED.includes(fault)) {
        tallyUp(counts.leftOut, fault, rows.id(row))
      }
      if (fault === CROWD) {
        crowds ??= []
        crowds.push(row)
      }
    }
    const crowdBoxesXyxy = crowds === undefined ? NO_BOXES : boxesXyxy(rows, crowds)
    return { sample: new ImageSample(image, objects, [start, end], crowdBoxesXyxy), annotated }
  })
}

const NO_BOXES = new Float32Array(0)

/**
 * The rows image by image, in file order; where those of each image start; and why training does
 * not use a row.
 *
 * Values of rows are looked at in file order: image by image each look would miss the processor's
 * cache.
 */
function groupByImage(
  images: readonly LocatedImage[],
  rows: AnnotationRows,
  labelOf: ReadonlyMap<Id | undefined, number>,
): { sorted: Int32Array; starts: Int32Array; faultOf: (row: number) => string | undefined } {
  const placeOf = placesById(images)
  const sizes = images.map(({ height, width }): [number, number] => [height, width])
  const placeOfRow = new Int32Array(rows.length)
  const starts = new Int32Array(images.length + 1)
  const faults: (string | undefined)[] = [undefined]
  const codes = new Uint8Array(rows.length)
  for (let row = 0; row < rows.length; row++) {
    const place = placeOf(rows.imageId(row))
    placeOfRow[row] = place
    starts[place + 1]++
    const isOfClasses = labelOf.has(rows.categoryId(row))
    const fault = isOfClasses ? objectFault(rows, row, sizes[place]) : OTHER_CATEGORY
    if (fault === undefined) continue
    if (!faults.includes(fault)) faults.push(fault)
    codes[row] = faults.indexOf(fault)
  }
  for (let place = 0; place < images.length; place++) starts[place + 1] += starts[place]
  const next = starts.slice()
  const sorted = new Int32Array(rows.length)
  for (let row = 0; row < rows.length; row++) sorted[next[placeOfRow[row]]++] = row
  return { sorted, starts, faultOf: (row) => faults[codes[row]] }
}

/**
 * Finds the place of an image by its id: in a table where ids are small numbers, which takes a
 * tenth of a map's time.
 */
function placesById(images: readonly LocatedImage[]): (id: Id) => number {
  const largest = 16 * images.length + 2 ** 16
  const isSmall = ({ id }: LocatedImage) =>
    typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= largest
  if (!images.every(isSmall)) {
    const places = new Map<Id, number>(images.map(({ id }, place) => [id, place]))
    return (id) => places.get(id)!
  }
  const table = new Int32Array(images.reduce((most, { id }) => Math.max(most, id as number), 0) + 1)
  for (const [place, { id }] of images.entries()) table[id as number] = place
  return (id) => table[id as number]
}
