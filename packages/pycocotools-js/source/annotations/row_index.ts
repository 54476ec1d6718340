import type { Id } from '../types.js'
import type { AnnotationRows } from './annotation_rows.js'

const NONE = new Int32Array(0)

/** Finds rows by annotation id and by image. Of rows with one id, the last is found. */
export class RowIndex {
  private readonly rowById = new Map<Id, number>()
  private readonly imagePlace = new Map<Id, number>()
  /** `[I + 1]`, where the rows of each image start in `rowsByImage`. */
  private readonly starts: Int32Array
  private readonly rowsByImage: Int32Array

  constructor(rows: AnnotationRows) {
    const { length } = rows
    const placeOfRow = new Int32Array(length)
    const counts: number[] = []
    for (let row = 0; row < length; row++) {
      this.rowById.set(rows.id(row), row)
      const imageId = rows.imageId(row)
      let place = this.imagePlace.get(imageId)
      if (place === undefined) {
        place = counts.length
        this.imagePlace.set(imageId, place)
        counts.push(0)
      }
      placeOfRow[row] = place
      counts[place]++
    }
    this.starts = new Int32Array(counts.length + 1)
    for (const [place, count] of counts.entries())
      this.starts[place + 1] = this.starts[place] + count
    const next = this.starts.slice()
    this.rowsByImage = new Int32Array(length)
    for (let row = 0; row < length; row++) this.rowsByImage[next[placeOfRow[row]]++] = row
  }

  rowOf(id: Id): number | undefined {
    return this.rowById.get(id)
  }

  /** Annotation ids, each once, in the order they first appear. */
  ids(): Iterable<Id> {
    return this.rowById.keys()
  }

  get countOfIds(): number {
    return this.rowById.size
  }

  /** Images that have annotations, in the order they first appear. */
  imageIds(): Iterable<Id> {
    return this.imagePlace.keys()
  }

  hasImage(imageId: Id): boolean {
    return this.imagePlace.has(imageId)
  }

  get countOfImages(): number {
    return this.imagePlace.size
  }

  /** The rows of an image, in file order. */
  rowsOf(imageId: Id): Int32Array {
    const place = this.imagePlace.get(imageId)
    return place === undefined
      ? NONE
      : this.rowsByImage.subarray(this.starts[place], this.starts[place + 1])
  }
}
