import { checkBox, nameOf } from '../annotations/check_annotation.js'
import type { CocoAnnotation } from '../types.js'
import { boxIou } from './box_iou.js'
import type { Cells } from './cells.js'

/** Writes `[d, g]` similarities of the detections and ground truths of one cell. */
export type Similarity = (cell: number, similarities: Float64Array) => void

/**
 * Box IoU, cell by cell.
 *
 * @param iscrowd of each ground truth of `cells`.
 */
export function boxSimilarity(
  cells: Cells,
  iscrowd: Uint8Array,
  where: { groundTruth: string; detection: string },
): Similarity {
  const gtBoxesXywh = boxesXywh(cells.groundTruths, where.groundTruth)
  const dtBoxesXywh = boxesXywh(cells.detections, where.detection)
  const { gtStart, dtStart } = cells
  return (cell, similarities) =>
    boxIou(
      dtBoxesXywh.subarray(4 * dtStart[cell], 4 * dtStart[cell + 1]),
      gtBoxesXywh.subarray(4 * gtStart[cell], 4 * gtStart[cell + 1]),
      iscrowd.subarray(gtStart[cell], gtStart[cell + 1]),
      similarities,
    )
}

/** @returns `[n, 4]`, checked. */
function boxesXywh(annotations: CocoAnnotation[], where: string): Float64Array {
  const boxes = new Float64Array(4 * annotations.length)
  for (const [i, annotation] of annotations.entries())
    boxes.set(
      checkBox(where, () => nameOf(annotation), annotation.bbox),
      4 * i,
    )
  return boxes
}
