import type { AnnotationRows } from '../annotations/annotation_rows.js'
import type { CocoImage, Id } from '../types.js'
import { warnOnce } from '../warn_once.js'
import { boxSimilarity } from './box_similarity.js'
import { keypointSimilarity } from './keypoint_similarity.js'
import { maskSimilarity } from './mask_similarity.js'
import type { Params } from './params.js'

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

/**
 * IoU of boxes or masks, or OKS of keypoints, whichever `params` ask for.
 *
 * @param iscrowd of each ground truth of `groups`.
 */
export function similarityOf(
  groups: Groups,
  iscrowd: Uint8Array,
  gt: Side,
  dt: Side,
  { iouType, useCats, kpt_oks_sigmas }: Params,
): Similarity {
  switch (iouType) {
    case 'bbox':
      return boxSimilarity(groups, iscrowd, gt, dt)
    case 'segm':
      return maskSimilarity(groups, iscrowd, gt, dt)
    case 'keypoints':
      if (!useCats) return withoutCategories
      return keypointSimilarity(groups, gt, dt, kpt_oks_sigmas)
  }
}

/**
 * `computeOks` of pycocotools 2.0.11 looks for the annotations of category -1, and so compares
 * nothing.
 */
function withoutCategories(_group: number, similarities: Float64Array): void {
  warnOnce(
    'keypoints with useCats = 0',
    'keypoints are not compared if params.useCats is 0, as in pycocotools, so that nothing is matched; set useCats to 1',
  )
  similarities.fill(Number.NEGATIVE_INFINITY)
}
