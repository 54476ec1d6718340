import type { Segmentation } from '../mask/segmentation.js'
import type { CocoAnnotation, Id } from '../types.js'
import type { AnnotationRows } from './annotation_rows.js'
import type { AnnotationTable } from './annotation_table.js'
import { addFound, type FoundResults, rectangle } from './load_results.js'

/** Results as columns: those of their file, and what `loadRes` found out about them. */
export class ResultTable implements AnnotationRows {
  readonly length: number
  private readonly table: AnnotationTable
  private readonly found: FoundResults

  constructor(table: AnnotationTable, found: FoundResults) {
    this.length = table.length
    this.table = table
    this.found = found
  }

  *[Symbol.iterator](): Generator<CocoAnnotation> {
    for (let row = 0; row < this.length; row++) yield this.at(row)
  }

  at(row: number): CocoAnnotation {
    const annotation = this.table.at(row)
    addFound(annotation, row, this.found)
    return annotation
  }

  lacks(row: number, key: string): boolean {
    return this.table.lacks(row, key) && !this.isFound(row, key)
  }

  id(row: number): Id {
    return row + 1
  }

  imageId(row: number): Id {
    return this.table.imageId(row)
  }

  categoryId(row: number): Id | undefined {
    return this.table.categoryId(row)
  }

  area(row: number): number {
    return this.found.kind === 'caption' ? this.table.area(row) : this.found.areas[row]
  }

  score(row: number): number {
    return this.table.score(row)
  }

  iscrowd(row: number): number {
    const { kind } = this.found
    return kind === 'bbox' || kind === 'segmentation' ? 0 : this.table.iscrowd(row)
  }

  ignored(row: number): boolean {
    return this.table.ignored(row)
  }

  numKeypoints(row: number): number {
    return this.table.numKeypoints(row)
  }

  writeBox(row: number, boxesXywh: Float64Array, place: number): boolean {
    const { table, found } = this
    const isFound =
      found.kind === 'keypoints' || (found.kind === 'segmentation' && !table.has(row, 'bbox'))
    if (!isFound) return table.writeBox(row, boxesXywh, place)
    for (let i = 0; i < 4; i++) boxesXywh[place + i] = found.boxesXywh[4 * row + i]
    return true
  }

  keypoints(row: number): ArrayLike<number> | undefined {
    return this.table.keypoints(row)
  }

  segmentation(row: number): Segmentation | undefined {
    const { table, found } = this
    if (found.kind !== 'bbox' || table.has(row, 'segmentation')) return table.segmentation(row)
    const boxXywh = new Float64Array(4)
    table.writeBox(row, boxXywh, 0)
    return { polygons: [rectangle(boxXywh)] }
  }

  /** Whether `addFound` gives the row this key. */
  private isFound(row: number, key: string): boolean {
    const { kind } = this.found
    switch (key) {
      case 'id':
        return true
      case 'area':
        return kind !== 'caption'
      case 'iscrowd':
        return kind === 'bbox' || kind === 'segmentation'
      case 'bbox':
        return kind === 'keypoints' || (kind === 'segmentation' && !this.table.has(row, 'bbox'))
      case 'segmentation':
        return kind === 'bbox' && !this.table.has(row, 'segmentation')
      default:
        return false
    }
  }
}
