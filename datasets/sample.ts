import type { Segmentation } from '../packages/pycocotools-js/source/mask/segmentation.js'
import type { Id } from '../packages/pycocotools-js/source/types.js'

/** COCO numbers its images and annotations; other files name them. */
export type CocoId = Id

/**
 * One image with its objects. Sizes are `[height, width]`; everything is in pixels of the image as
 * it is annotated.
 */
export interface Sample {
  imageId: CocoId
  /** Path of the image file. */
  file: string
  /** Size that the annotation file states; the decoder holds the file to it. */
  size: [number, number]
  /** `[n, 4]`, `x1 y1 x2 y2`, not clipped; crowds are not in it. */
  boxesXyxy: Float32Array
  /** `[n]`, index into the classes. */
  labels: Int32Array
  /** The mask of an object, as its annotation has it; undefined where it has none. */
  segmentation(object: number): Segmentation | undefined
  /** Annotation id of an object, for messages. */
  annotationId(object: number): CocoId
  /** `[m, 4]`, regions of many objects that are annotated as one. */
  crowdBoxesXyxy: Float32Array
}
