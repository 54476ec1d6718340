import type { MaskTable } from './mask_table.js'
import { runsIntersection } from './runs_intersection.js'

/**
 * Intersection over union of every detection with every ground truth. Against a crowd, the union is
 * the detection's area.
 *
 * Source: `rleIou` of pycocotools 2.0.11. Masks of different sizes have -1 where their boxes
 * overlap, else 0.
 *
 * @param iscrowd `[g]`, 0 or 1.
 * @param ious `[d, g]`, in 0 ... 1 or -1, is written; longer is allowed.
 */
export function maskIou(
  detections: MaskTable,
  groundTruths: MaskTable,
  iscrowd: Uint8Array,
  ious: Float64Array,
): void {
  const { starts: dtStarts, boxesXywh: dtBoxes, areas: dtAreas } = detections
  const { starts: gtStarts, boxesXywh: gtBoxes, areas: gtAreas } = groundTruths
  const g = groundTruths.length
  for (let i = 0; i < detections.length; i++)
    for (let j = 0; j < g; j++) {
      ious[i * g + j] = 0
      if (!overlap(dtBoxes, 4 * i, gtBoxes, 4 * j)) continue
      if (
        detections.heights[i] !== groundTruths.heights[j] ||
        detections.widths[i] !== groundTruths.widths[j]
      ) {
        ious[i * g + j] = -1
        continue
      }
      const shared = runsIntersection(
        detections.list.runs,
        groundTruths.list.runs,
        dtStarts[i],
        dtStarts[i + 1],
        gtStarts[j],
        gtStarts[j + 1],
      )
      if (shared === 0) continue
      ious[i * g + j] = shared / (iscrowd[j] ? dtAreas[i] : dtAreas[i] + gtAreas[j] - shared)
    }
}

/** Whether the boxes at `a[i]` and `b[j]`, `x y width height`, share a pixel. */
function overlap(a: Float64Array, i: number, b: Float64Array, j: number): boolean {
  return (
    a[i] < b[j] + b[j + 2] &&
    b[j] < a[i] + a[i + 2] &&
    a[i + 1] < b[j + 1] + b[j + 3] &&
    b[j + 1] < a[i + 1] + a[i + 3]
  )
}
