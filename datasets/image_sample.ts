import type { AnnotationRows } from '../packages/pycocotools-js/source/annotations/annotation_rows.js'
import type { Segmentation } from '../packages/pycocotools-js/source/mask/segmentation.js'
import type { Id } from '../packages/pycocotools-js/source/types.js'
import type { LocatedImage } from './locate_images.js'
import type { CocoId, Sample } from './sample.js'

/** The objects of all images, image by image. */
export interface ObjectColumns {
  rows: AnnotationRows
  /** Labels by category. */
  labelOf: ReadonlyMap<Id | undefined, number>
  /** `[n]`, the row of each object. */
  rowOf: Int32Array
}

/**
 * A sample whose objects are a stretch of columns. Getters make its arrays when they are asked for:
 * as fields of 100,000 images they take 2 s and 200 MB.
 */
export class ImageSample implements Sample {
  readonly crowdBoxesXyxy: Float32Array
  private readonly image: LocatedImage
  private readonly objects: ObjectColumns
  private readonly start: number
  private readonly end: number

  /** @param range first object, and the one behind the last. */
  constructor(
    image: LocatedImage,
    objects: ObjectColumns,
    [start, end]: readonly [number, number],
    crowdBoxesXyxy: Float32Array,
  ) {
    this.image = image
    this.objects = objects
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
    return boxesXyxy(this.objects.rows, this.rows)
  }

  get labels(): Int32Array {
    const { rows, labelOf } = this.objects
    return this.rows.map((row) => labelOf.get(rows.categoryId(row))!)
  }

  segmentation(object: number): Segmentation | undefined {
    const { rows, rowOf } = this.objects
    return rows.segmentation(rowOf[this.start + object])
  }

  annotationId(object: number): CocoId {
    const { rows, rowOf } = this.objects
    return rows.id(rowOf[this.start + object])
  }

  private get rows(): Int32Array {
    return this.objects.rowOf.subarray(this.start, this.end)
  }
}

/** `[n, 4]` from COCO's `x y width height` to `x1 y1 x2 y2`. */
export function boxesXyxy(rows: AnnotationRows, selected: ArrayLike<number>): Float32Array {
  const boxes = new Float32Array(4 * selected.length)
  for (let i = 0; i < selected.length; i++) {
    rows.writeBox(selected[i], box, 0)
    boxes[4 * i] = box[0]
    boxes[4 * i + 1] = box[1]
    boxes[4 * i + 2] = box[0] + box[2]
    boxes[4 * i + 3] = box[1] + box[3]
  }
  return boxes
}

/** Buffer, kept between calls. */
const box = new Float64Array(4)
