import { warnOnce } from '../warn_once.js'
import { boxSimilarity } from './box_similarity.js'
import type { Groups, Side, Similarity } from './groups.js'
import { keypointSimilarity } from './keypoint_similarity.js'
import { maskSimilarity } from './mask_similarity.js'
import type { Params } from './params.js'

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
