/** The COCO file format, as far as this package reads it. Other keys are kept and not looked at. */

/**
 * Ids are numbers (integers past 2^31 and fractions too) or strings; `1` and `'1'` are different
 * ids.
 */
export type Id = number | string

export interface CocoImage {
  id: Id
  /** Pixels. Masks that are polygons need it. */
  width?: number
  height?: number
  file_name?: string
  [key: string]: unknown
}

export interface CocoCategory {
  id: Id
  name?: string
  supercategory?: string
  /** Names of the keypoints. */
  keypoints?: string[]
  /** Pairs of keypoints that a line joins, counted from 1. */
  skeleton?: number[][]
  [key: string]: unknown
}

export interface CocoAnnotation {
  id: Id
  image_id: Id
  category_id?: Id
  /** `[x, y, width, height]`, image pixels. */
  bbox?: number[]
  /** Image pixels. Of the ground truth: the mask's area, which is not the box's. */
  area?: number
  /** 1 for a region of many objects, which may absorb any number of detections. */
  iscrowd?: number | boolean
  /**
   * Polygons, each `x1 y1 x2 y2 ...` in image pixels; or run lengths `{ size, counts }`, as text or
   * as a list.
   */
  segmentation?: unknown
  /** `x y visibility` of each; visibility is 0 for none, 1 for hidden, 2 for visible. */
  keypoints?: number[]
  /** How many have a visibility above 0. */
  num_keypoints?: number
  caption?: string
  /** Score of a detection: higher is surer; any range. */
  score?: number
  [key: string]: unknown
}

export interface CocoDataset {
  info?: unknown
  images?: CocoImage[]
  annotations?: CocoAnnotation[]
  categories?: CocoCategory[]
  [key: string]: unknown
}

/**
 * One entry of a results file: a box, a mask, keypoints or a caption. `loadRes` gives it what else
 * annotations have.
 */
export interface CocoResult {
  image_id: Id
  /** Captions have none. */
  category_id?: Id
  /** `[x, y, width, height]`, image pixels. */
  bbox?: number[]
  /** Compressed run lengths `{ size, counts }`. */
  segmentation?: unknown
  /** `x y visibility` of each. */
  keypoints?: number[]
  caption?: string
  score?: number
  [key: string]: unknown
}

/** Numbers in row-major order, as numpy keeps them. */
export interface NdArray {
  data: Float64Array
  shape: number[]
}
