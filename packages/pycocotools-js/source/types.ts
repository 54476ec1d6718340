/** The COCO file format, as far as this package reads it. Other keys are kept and not looked at. */

/** Ids are numbers (integers past 2^31 and fractions too) or strings; `1` and `'1'` are different ids. */
export type Id = number | string

export interface CocoImage {
  id: Id
  [key: string]: unknown
}

export interface CocoCategory {
  id: Id
  name?: string
  supercategory?: string
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
  /** Of a detection: higher is surer; any range. */
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

/** One entry of a results file. `loadRes` gives it `id`, `area`, `iscrowd` and `segmentation`. */
export interface CocoResult {
  image_id: Id
  category_id: Id
  /** `[x, y, width, height]`, image pixels. */
  bbox?: number[]
  score?: number
  [key: string]: unknown
}

/** Numbers in row-major order, as numpy keeps them. */
export interface NdArray {
  data: Float64Array
  shape: number[]
}
