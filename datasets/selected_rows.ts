import type { AnnotationRows } from '../packages/pycocotools-js/source/annotations/annotation_rows.js'
import type { Segmentation } from '../packages/pycocotools-js/source/mask/segmentation.js'
import type { CocoAnnotation, Id } from '../packages/pycocotools-js/source/types.js'

/** Some rows of a list of annotations, as a list of their own. */
export class SelectedRows implements AnnotationRows {
  readonly length: number
  private readonly rows: AnnotationRows
  private readonly selected: Int32Array

  /** @param selected rows of `rows`, in the order that they are to have. */
  constructor(rows: AnnotationRows, selected: Int32Array) {
    this.rows = rows
    this.selected = selected
    this.length = selected.length
  }

  *[Symbol.iterator](): Generator<CocoAnnotation> {
    for (let row = 0; row < this.length; row++) yield this.at(row)
  }

  at(row: number): CocoAnnotation {
    return this.rows.at(this.selected[row])
  }

  lacks(row: number, key: string): boolean {
    return this.rows.lacks(this.selected[row], key)
  }

  id(row: number): Id {
    return this.rows.id(this.selected[row])
  }

  imageId(row: number): Id {
    return this.rows.imageId(this.selected[row])
  }

  categoryId(row: number): Id | undefined {
    return this.rows.categoryId(this.selected[row])
  }

  area(row: number): number {
    return this.rows.area(this.selected[row])
  }

  score(row: number): number {
    return this.rows.score(this.selected[row])
  }

  iscrowd(row: number): number {
    return this.rows.iscrowd(this.selected[row])
  }

  ignored(row: number): boolean {
    return this.rows.ignored(this.selected[row])
  }

  numKeypoints(row: number): number {
    return this.rows.numKeypoints(this.selected[row])
  }

  writeBox(row: number, boxesXywh: Float64Array, place: number): boolean {
    return this.rows.writeBox(this.selected[row], boxesXywh, place)
  }

  keypoints(row: number): ArrayLike<number> | undefined {
    return this.rows.keypoints(this.selected[row])
  }

  segmentation(row: number): Segmentation | undefined {
    return this.rows.segmentation(this.selected[row])
  }
}
