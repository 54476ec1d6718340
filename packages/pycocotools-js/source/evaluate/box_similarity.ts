import { checkedBoxes } from '../annotations/check_annotation.js'
import { boxIou } from '../mask/box_iou.js'
import type { Groups, Side, Similarity } from './groups.js'

/** IoU of boxes. All boxes are checked at once. */
export function boxSimilarity(
  { gtStart, dtStart, gtRows, dtRows }: Groups,
  iscrowd: Uint8Array,
  gt: Side,
  dt: Side,
): Similarity {
  const gtBoxesXywh = checkedBoxes(gt.name, gt.rows, gtRows)
  const dtBoxesXywh = checkedBoxes(dt.name, dt.rows, dtRows)
  return (group, similarities) =>
    boxIou(
      dtBoxesXywh.subarray(4 * dtStart[group], 4 * dtStart[group + 1]),
      gtBoxesXywh.subarray(4 * gtStart[group], 4 * gtStart[group + 1]),
      iscrowd.subarray(gtStart[group], gtStart[group + 1]),
      similarities,
    )
}
