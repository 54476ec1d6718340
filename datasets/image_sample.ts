import type { AnnotationRows, Segmentation } from '../packages/pycocotools-js/source/index.js'
import type { CocoId, Sample } from './coco.js'
import type { LocatedImage } from './locate_images.js'

/** The objects of all images, image by image. */
export interface ObjectColumns {
  rows: AnnotationRows
  /** `[n]`, the row of each object. */
  rowOf: Int32Array
  /** `[n]`. */
  labels: Int32Array
  /** `[n, 4]`, `x1 y1 x2 y2`. */
  boxesXyxy: Float32Array
}

/**
 * A sample whose objects are a stretch of the columns. Getters make what is asked for: as fields, which 100,000 images
 * have at once and few of them need, they take a second and 100 MB.
 */
export class ImageSample implements Sample {
  readonly crowdBoxesXyxy: Float32Array
  private readonly image: LocatedImage
  private readonly columns: ObjectColumns
  private readonly start: number
  private readonly end: number

  /** @param range first object, and the one behind the last. */
  constructor(
    image: LocatedImage,
    columns: ObjectColumns,
    [start, end]: readonly [number, number],
    crowdBoxesXyxy: Float32Array,
  ) {
    this.image = image
    this.columns = columns
    this.start = start
    this.end = end
    this.crowdBoxesXyxy = crowdBoxesXyxy
  }

  get imageId(): CocoId {
    return this.image.id
  }

  get file(): string {
    return this.image.file
  }

  get size(): [number, number] {
    return [this.image.height, this.image.width]
  }

  get boxesXyxy(): Float32Array {
    return this.columns.boxesXyxy.subarray(4 * this.start, 4 * this.end)
  }

  get labels(): Int32Array {
    return this.columns.labels.subarray(this.start, this.end)
  }

  segmentation(object: number): Segmentation | undefined {
    const { rows, rowOf } = this.columns
    return rows.segmentation(rowOf[this.start + object])
  }

  annotationId(object: number): CocoId {
    const { rows, rowOf } = this.columns
    return rows.id(rowOf[this.start + object])
  }
}
