import type { AnnotationRows } from '../annotations/annotation_rows.js'
import {
  checkArea,
  checkIscrowd,
  checkNumericId,
  checkScore,
} from '../annotations/check_annotation.js'
import { warnOnce } from '../warn_once.js'
import type { Cells } from './cells.js'

/** The annotations of one side, and the file's name for errors. */
export interface Side {
  rows: AnnotationRows
  name: string
}

/** What matching reads of the annotations, checked, in the order of `cells`: `[G]` and `[D]`. */
export interface Columns {
  gtIds: Float64Array
  gtAreas: Float64Array
  gtCrowd: Uint8Array
  dtIds: Float64Array
  dtAreas: Float64Array
  dtScores: Float64Array
}

export function readColumns({ gtRows, dtRows }: Cells, gt: Side, dt: Side): Columns {
  const gtIds = column(gtRows, gt, checkNumericId)
  if (gtIds.includes(0))
    warnOnce(
      'id 0',
      `${gt.name}: a match to annotation 0 counts as unmatched, as in pycocotools; number annotations from 1`,
    )
  return {
    gtIds,
    gtAreas: column(gtRows, gt, checkArea),
    gtCrowd: Uint8Array.from(gtRows, (row) => Number(checkIscrowd(gt.name, gt.rows, row))),
    dtIds: column(dtRows, dt, checkNumericId),
    dtAreas: column(dtRows, dt, checkArea),
    dtScores: column(dtRows, dt, checkScore),
  }
}

function column(
  selected: Int32Array,
  { rows, name }: Side,
  check: (where: string, rows: AnnotationRows, row: number) => number,
): Float64Array {
  const values = new Float64Array(selected.length)
  for (let i = 0; i < selected.length; i++) values[i] = check(name, rows, selected[i])
  return values
}
