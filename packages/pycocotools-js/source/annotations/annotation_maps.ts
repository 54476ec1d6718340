/**
 * `anns`, `imgToAnns` and `catToImgs` as pycocotools has them, made from rows when they are read.
 */
import type { CocoAnnotation, Id } from '../types.js'
import type { AnnotationRows } from './annotation_rows.js'
import type { RowIndex } from './row_index.js'

/** What a `Map` offers to readers, by id. */
export abstract class ReadonlyIdMap<T> implements Iterable<[Id, T]> {
  abstract readonly size: number
  abstract keys(): Iterable<Id>
  abstract get(id: Id): T | undefined

  has(id: Id): boolean {
    return this.get(id) !== undefined
  }

  *entries(): Generator<[Id, T]> {
    for (const id of this.keys()) yield [id, this.get(id)!]
  }

  *values(): Generator<T> {
    for (const id of this.keys()) yield this.get(id)!
  }

  [Symbol.iterator](): Iterator<[Id, T]> {
    return this.entries()
  }

  forEach(visit: (value: T, id: Id) => void): void {
    for (const [id, value] of this.entries()) visit(value, id)
  }
}

/** Annotations by id; of two with one id, the last. */
export class AnnotationsById extends ReadonlyIdMap<CocoAnnotation> {
  private readonly rows: AnnotationRows
  private readonly index: RowIndex

  constructor(rows: AnnotationRows, index: RowIndex) {
    super()
    this.rows = rows
    this.index = index
  }

  get size(): number {
    return this.index.countOfIds
  }

  keys(): Iterable<Id> {
    return this.index.ids()
  }

  get(id: Id): CocoAnnotation | undefined {
    const row = this.index.rowOf(id)
    return row === undefined ? undefined : this.rows.at(row)
  }
}

/** The annotations of each image that has any, in file order. */
export class AnnotationsByImage extends ReadonlyIdMap<CocoAnnotation[]> {
  private readonly rows: AnnotationRows
  private readonly index: RowIndex

  constructor(rows: AnnotationRows, index: RowIndex) {
    super()
    this.rows = rows
    this.index = index
  }

  get size(): number {
    return this.index.countOfImages
  }

  keys(): Iterable<Id> {
    return this.index.imageIds()
  }

  get(imageId: Id): CocoAnnotation[] | undefined {
    if (!this.index.hasImage(imageId)) return undefined
    return Array.from(this.index.rowsOf(imageId), (row) => this.rows.at(row))
  }
}

/** The images of each category, once for every annotation. */
export class ImagesByCategory extends ReadonlyIdMap<Id[]> {
  private readonly rows: AnnotationRows
  private images: Map<Id, Id[]> | null

  /** @param hasCategories without a list of categories nothing is grouped (pycocotools). */
  constructor(rows: AnnotationRows, hasCategories: boolean) {
    super()
    this.rows = rows
    this.images = hasCategories ? null : new Map()
  }

  get size(): number {
    return this.built().size
  }

  keys(): Iterable<Id> {
    return this.built().keys()
  }

  get(categoryId: Id): Id[] | undefined {
    return this.built().get(categoryId)
  }

  /** Built when first read: an evaluation never needs it. */
  private built(): Map<Id, Id[]> {
    if (this.images) return this.images
    this.images = new Map()
    for (let row = 0; row < this.rows.length; row++) {
      const categoryId = this.rows.categoryId(row)
      if (categoryId === undefined) continue
      const images = this.images.get(categoryId)
      if (images) images.push(this.rows.imageId(row))
      else this.images.set(categoryId, [this.rows.imageId(row)])
    }
    return this.images
  }
}
