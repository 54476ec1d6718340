import type { Segmentation } from '../mask/segmentation.js'
import type { CocoAnnotation, Id } from '../types.js'

/**
 * Annotations by row, in file order, whichever way they are kept: as objects or as columns.
 *
 * What a row lacks, or has of another type, is NaN, false or undefined here; `at(row)` shows it as
 * it stands.
 */
export interface AnnotationRows extends Iterable<CocoAnnotation> {
  readonly length: number
  /**
   * The annotation with every key of the file: the user's own object, or a new one made from
   * columns.
   */
  at(row: number): CocoAnnotation
  /**
   * Whether the annotation has no such key, or null under it. Of keys that evaluation reads, no
   * object is made.
   */
  lacks(row: number, key: string): boolean
  id(row: number): Id
  imageId(row: number): Id
  categoryId(row: number): Id | undefined
  /** Image pixels, or NaN. */
  area(row: number): number
  /** Any number, or NaN. */
  score(row: number): number
  /** A whole number, 0 for no crowd; or NaN. */
  iscrowd(row: number): number
  /** Whether `ignore`, which is not COCO's own, is set to anything but 0 or false. */
  ignored(row: number): boolean
  /** A number, or NaN. */
  numKeypoints(row: number): number
  /**
   * Writes `x y width height`; false, and nothing written, where the row has not four finite
   * numbers.
   */
  writeBox(row: number, boxesXywh: Float64Array, place: number): boolean
  /**
   * `x y visibility` of each keypoint, or undefined where the row has no list. Numbers are not
   * checked.
   */
  keypoints(row: number): ArrayLike<number> | undefined
  /** Undefined where the row has none, or one of no known form. Numbers are not checked. */
  segmentation(row: number): Segmentation | undefined
}

/** Annotations as they were given, by a file or a list. */
export interface GivenRows extends AnnotationRows {
  /** Whether the annotation has the key, whatever its value. */
  has(row: number, key: string): boolean
}
