import { show } from '../annotations/annotation_faults.js'
import type { AnnotationRows } from '../annotations/annotation_rows.js'
import {
  checkArea,
  checkIscrowd,
  checkNumericId,
  checkScore,
  nameOfRow,
} from '../annotations/check_annotation.js'
import { CocoError } from '../errors.js'
import type { Cells } from './cells.js'
import { countingSort, positions } from './counting_sort.js'
import type { Side } from './groups.js'
import type { IouType } from './params.js'

/** What matching reads of the annotations, checked, in the order of `cells`: `[G]` and `[D]`. */
export interface Columns {
  gtIds: Float64Array
  gtAreas: Float64Array
  /** 1 for crowds, which may be matched any number of times. */
  gtCrowd: Uint8Array
  /**
   * 1 for those that count neither as found nor as missed, whatever their area: crowds, and those
   * without keypoints.
   */
  gtIgnored: Uint8Array
  dtIds: Float64Array
  dtAreas: Float64Array
  dtScores: Float64Array
}

export function readColumns(
  { gtRows, dtRows }: Cells,
  gt: Side,
  dt: Side,
  iouType: IouType,
): Columns {
  const ofGt = columnReader(gtRows, gt)
  const ofDt = columnReader(dtRows, dt)
  const gtIds = ofGt(checkNumericId)
  const gtCrowd = Uint8Array.from(ofGt(checkIscrowd))
  let gtIgnored = gtCrowd
  if (iouType === 'keypoints') {
    const numKeypoints = ofGt(checkNumKeypoints)
    gtIgnored = gtCrowd.map((isCrowd, j) => (isCrowd || numKeypoints[j] === 0 ? 1 : 0))
  }
  return {
    ...{ gtIds, gtCrowd, gtIgnored },
    gtAreas: ofGt(checkArea),
    dtIds: ofDt(checkNumericId),
    dtAreas: ofDt(checkArea),
    dtScores: ofDt(checkScore),
  }
}

type Check = (where: string, rows: AnnotationRows, row: number) => number | boolean

/**
 * Reads values in order of row, which is twice as fast as in that of `selected`: so they stand in
 * memory.
 */
function columnReader(selected: Int32Array, { rows, name }: Side): (check: Check) => Float64Array {
  const byRow = countingSort(selected, rows.length, positions(selected.length))
  return (check) => {
    const values = new Float64Array(selected.length)
    for (let i = 0; i < byRow.length; i++)
      values[byRow[i]] = Number(check(name, rows, selected[byRow[i]]))
    return values
  }
}

function checkNumKeypoints(where: string, rows: AnnotationRows, row: number): number {
  const numKeypoints = rows.numKeypoints(row)
  if (!Number.isNaN(numKeypoints)) return numKeypoints
  const { num_keypoints } = rows.at(row)
  throw new CocoError(
    where,
    `${nameOfRow(rows, row)} has ${num_keypoints === undefined ? 'no num_keypoints' : `a num_keypoints of ${show(num_keypoints)}`}`,
    'give it the number of its labelled keypoints',
  )
}
