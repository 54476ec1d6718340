import {
  checkArea,
  checkIscrowd,
  checkNumericId,
  checkScore,
} from '../annotations/check_annotation.js'
import { warnOnce } from '../warn_once.js'
import type { Cells } from './cells.js'

/** What matching reads of the annotations, checked, in the order of `cells`: `[G]` and `[D]`. */
export interface Columns {
  gtIds: Float64Array
  gtAreas: Float64Array
  gtCrowd: Uint8Array
  dtIds: Float64Array
  dtAreas: Float64Array
  dtScores: Float64Array
}

/** @param names the files, for errors. */
export function readColumns(
  { groundTruths, detections }: Cells,
  names: { groundTruth: string; detection: string },
): Columns {
  const gtIds = Float64Array.from(groundTruths, (gt) => checkNumericId(names.groundTruth, gt))
  if (gtIds.includes(0))
    warnOnce(
      'id 0',
      `${names.groundTruth}: a match to annotation 0 counts as unmatched, as in pycocotools; number annotations from 1`,
    )
  return {
    gtIds,
    gtAreas: Float64Array.from(groundTruths, (gt) => checkArea(names.groundTruth, gt)),
    gtCrowd: Uint8Array.from(groundTruths, (gt) => Number(checkIscrowd(names.groundTruth, gt))),
    dtIds: Float64Array.from(detections, (dt) => checkNumericId(names.detection, dt)),
    dtAreas: Float64Array.from(detections, (dt) => checkArea(names.detection, dt)),
    dtScores: Float64Array.from(detections, (dt) => checkScore(names.detection, dt)),
  }
}
