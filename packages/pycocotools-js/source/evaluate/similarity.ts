import { checkedBoxes } from '../annotations/check_annotation.js'
import { boxIou } from './box_iou.js'
import type { Cells } from './cells.js'
import type { Side } from './columns.js'

/** Writes `[d, g]` similarities of the detections and ground truths of one cell. */
export type Similarity = (cell: number, similarities: Float64Array) => void

/**
 * Box IoU, cell by cell.
 *
 * @param iscrowd of each ground truth of `cells`.
 */
export function boxSimilarity(cells: Cells, iscrowd: Uint8Array, gt: Side, dt: Side): Similarity {
  const { gtStart, dtStart, gtRows, dtRows } = cells
  const gtBoxesXywh = checkedBoxes(gt.name, gt.rows, gtRows)
  const dtBoxesXywh = checkedBoxes(dt.name, dt.rows, dtRows)
  return (cell, similarities) =>
    boxIou(
      dtBoxesXywh.subarray(4 * dtStart[cell], 4 * dtStart[cell + 1]),
      gtBoxesXywh.subarray(4 * gtStart[cell], 4 * gtStart[cell + 1]),
      iscrowd.subarray(gtStart[cell], gtStart[cell + 1]),
      similarities,
    )
}
