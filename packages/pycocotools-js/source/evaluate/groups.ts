import type { AnnotationRows } from '../annotations/annotation_rows.js'
import type { CocoImage, Id } from '../types.js'

/**
 * What is compared with what: every detection of a group with every ground truth of it, such as
 * those of one cell.
 */
export interface Groups {
  /** `[groups + 1]`, where the ground truths of each group start in `gtRows`. */
  gtStart: Int32Array
  /** `[groups + 1]`, where the detections of each group start in `dtRows`. */
  dtStart: Int32Array
  gtRows: Int32Array
  dtRows: Int32Array
}

/** The annotations of one side, such as a `COCO`. */
export interface Side {
  rows: AnnotationRows
  /** The file's, for errors. */
  name: string
  /** Their sizes are needed for polygons. */
  imgs: ReadonlyMap<Id, CocoImage>
}

/** Writes `[d, g]` similarities of the detections and ground truths of one group. */
export type Similarity = (group: number, similarities: Float64Array) => void
