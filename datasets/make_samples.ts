import type { AnnotationRows, Id } from '../packages/pycocotools-js/source/index.js'
import type { Sample } from './coco.js'
import { ImageSample, type ObjectColumns } from './image_sample.js'
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
  const { sorted, starts } = groupByImage(images, rows)
  const columns: ObjectColumns = {
    rows,
    rowOf: new Int32Array(rows.length),
    labels: new Int32Array(rows.length),
    boxesXyxy: new Float32Array(4 * rows.length),
  }
  let end = 0
  return images.map((image, i) => {
    const size: [number, number] = [image.height, image.width]
    const start = end
    let crowds: number[] | undefined
    let annotated = 0
    for (let place = starts[i]; place < starts[i + 1]; place++) {
      const row = sorted[place]
      const label = labelOf.get(rows.categoryId(row))
      if (label !== undefined) annotated++
      const fault = label !== undefined ? objectFault(rows, row, size) : OTHER_CATEGORY
      if (fault === undefined) {
        columns.labels[end] = label!
        writeXyxy(rows, row, columns.boxesXyxy, 4 * end)
        columns.rowOf[end++] = row
      } else if (mode === 'train' || NOT_EVALUATED.includes(fault)) {
        tallyUp(counts.leftOut, fault, rows.id(row))
      }
      if (fault === CROWD) {
        crowds ??= []
        crowds.push(row)
      }
    }
    const crowdBoxesXyxy = crowds === undefined ? NO_BOXES : crowdBoxes(rows, crowds)
    return { sample: new ImageSample(image, columns, [start, end], crowdBoxesXyxy), annotated }
  })
}

/** The rows image by image, in file order, and where those of each image start. */
function groupByImage(
  images: readonly LocatedImage[],
  rows: AnnotationRows,
): { sorted: Int32Array; starts: Int32Array } {
  const places = new Map<Id, number>(images.map(({ id }, place) => [id, place]))
  const placeOfRow = new Int32Array(rows.length)
  const starts = new Int32Array(images.length + 1)
  for (let row = 0; row < rows.length; row++) {
    const place = places.get(rows.imageId(row))!
    placeOfRow[row] = place
    starts[place + 1]++
  }
  for (let place = 0; place < images.length; place++) starts[place + 1] += starts[place]
  const next = starts.slice()
  const sorted = new Int32Array(rows.length)
  for (let row = 0; row < rows.length; row++) sorted[next[placeOfRow[row]]++] = row
  return { sorted, starts }
}

const NO_BOXES = new Float32Array(0)

function crowdBoxes(rows: AnnotationRows, crowds: readonly number[]): Float32Array {
  const boxesXyxy = new Float32Array(4 * crowds.length)
  for (const [i, row] of crowds.entries()) writeXyxy(rows, row, boxesXyxy, 4 * i)
  return boxesXyxy
}

/** Kept between calls. */
const box = new Float64Array(4)

/** From COCO's `x y width height` to `x1 y1 x2 y2`. */
function writeXyxy(rows: AnnotationRows, row: number, boxesXyxy: Float32Array, at: number): void {
  rows.writeBox(row, box, 0)
  boxesXyxy[at] = box[0]
  boxesXyxy[at + 1] = box[1]
  boxesXyxy[at + 2] = box[0] + box[2]
  boxesXyxy[at + 3] = box[1] + box[3]
}
