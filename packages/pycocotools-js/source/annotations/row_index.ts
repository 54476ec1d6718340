import type { Id } from '../types.js'
import type { AnnotationRows } from './annotation_rows.js'

const NONE = new Int32Array(0)

/**
 * Finds rows by annotation id and by image. Of rows with one id, the last is found. Each half is
 * built when first asked.
 */
export class RowIndex {
  private readonly rows: AnnotationRows
  private byId: Map<Id, number> | 'row + 1' | null = null
  private byImage: ImageIndex | null = null

  constructor(rows: AnnotationRows) {
    this.rows = rows
  }

  /** Builds it now, where the rows may change. */
  build(): void {
    this.idIndex()
    this.imageIndex()
  }

  rowOf(id: Id): number | undefined {
    const byId = this.idIndex()
    if (byId !== 'row + 1') return byId.get(id)
    const isRow =
      typeof id === 'number' && Number.isInteger(id) && id >= 1 && id <= this.rows.length
    return isRow ? id - 1 : undefined
  }

  /** Annotation ids, each once, in the order they first appear. */
  ids(): Iterable<Id> {
    const byId = this.idIndex()
    return byId === 'row + 1' ? sequence(this.rows.length) : byId.keys()
  }

  get countOfIds(): number {
    const byId = this.idIndex()
    return byId === 'row + 1' ? this.rows.length : byId.size
  }

  /** Images that have annotations, in the order they first appear. */
  imageIds(): Iterable<Id> {
    return this.imageIndex().places.keys()
  }

  hasImage(imageId: Id): boolean {
    return this.imageIndex().places.has(imageId)
  }

  get countOfImages(): number {
    return this.imageIndex().places.size
  }

  /** The rows of an image, in file order. */
  rowsOf(imageId: Id): Int32Array {
    const { places, starts, sorted } = this.imageIndex()
    const place = places.get(imageId)
    return place === undefined ? NONE : sorted.subarray(starts[place], starts[place + 1])
  }

  private idIndex(): Map<Id, number> | 'row + 1' {
    this.byId ??= indexIds(this.rows)
    return this.byId
  }

  private imageIndex(): ImageIndex {
    this.byImage ??= indexImages(this.rows)
    return this.byImage
  }
}

interface ImageIndex {
  /** Places of the images that have rows, in the order they first appear: 0, 1, 2 ... */
  places: Map<Id, number>
  /** `[I + 1]`, where the rows of each image start in `sorted`. */
  starts: Int32Array
  /** All rows, image by image. */
  sorted: Int32Array
}

/** Ids that count from 1, as those of results do, need no map. */
function indexIds(rows: AnnotationRows): Map<Id, number> | 'row + 1' {
  let counted = 0
  while (counted < rows.length && rows.id(counted) === counted + 1) counted++
  if (counted === rows.length) return 'row + 1'
  const index = new Map<Id, number>()
  for (let row = 0; row < rows.length; row++) index.set(rows.id(row), row)
  return index
}

function indexImages(rows: AnnotationRows): ImageIndex {
  const { length } = rows
  const places = new Map<Id, number>()
  const placeOfRow = new Int32Array(length)
  const counts: number[] = []
  let last: Id | undefined // rows of one image often follow each other
  let place = 0
  for (let row = 0; row < length; row++) {
    const imageId = rows.imageId(row)
    if (imageId !== last) {
      last = imageId
      place = places.get(imageId) ?? counts.length
      if (place === counts.length) {
        places.set(imageId, place)
        counts.push(0)
      }
    }
    placeOfRow[row] = place
    counts[place]++
  }
  const starts = new Int32Array(counts.length + 1)
  for (const [i, count] of counts.entries()) starts[i + 1] = starts[i] + count
  const next = starts.slice()
  const sorted = new Int32Array(length)
  for (let row = 0; row < length; row++) sorted[next[placeOfRow[row]]++] = row
  return { places, starts, sorted }
}

function* sequence(length: number): Generator<number> {
  for (let id = 1; id <= length; id++) yield id
}
