import { show } from '../annotations/annotation_faults.js'
import { checkArea, checkedBoxes, nameOfRow } from '../annotations/check_annotation.js'
import { CocoError } from '../errors.js'
import type { Groups, Side, Similarity } from './groups.js'
import { type KeypointObject, oks } from './oks.js'

/**
 * OKS of keypoints. Keypoints of all rows are checked, whether or not there is anything to compare
 * them with.
 */
export function keypointSimilarity(
  { gtStart, dtStart, gtRows, dtRows }: Groups,
  gt: Side,
  dt: Side,
  sigmas: readonly number[],
): Similarity {
  const gtBoxesXywh = checkedBoxes(gt.name, gt.rows, gtRows)
  for (const row of gtRows) keypointsOf(gt, row, sigmas.length)
  for (const row of dtRows) keypointsOf(dt, row, sigmas.length)

  return (group, similarities) => {
    const objects: KeypointObject[] = []
    for (let j = gtStart[group]; j < gtStart[group + 1]; j++)
      objects.push({
        keypoints: keypointsOf(gt, gtRows[j], sigmas.length),
        boxXywh: gtBoxesXywh.subarray(4 * j, 4 * j + 4),
        area: checkArea(gt.name, gt.rows, gtRows[j]),
      })
    let place = 0
    for (let i = dtStart[group]; i < dtStart[group + 1]; i++) {
      const detection = keypointsOf(dt, dtRows[i], sigmas.length)
      for (const object of objects) similarities[place++] = oks(detection, object, sigmas)
    }
  }
}

/** @returns `[k, 3]`, `x y visibility`: finite numbers. */
function keypointsOf({ rows, name }: Side, row: number, k: number): Float64Array {
  const keypoints = rows.keypoints(row)
  const subject = () => nameOfRow(rows, row)
  if (keypoints === undefined)
    throw new CocoError(
      name,
      `${subject()} has no list of keypoints`,
      'give it one, x y visibility of each keypoint',
    )
  if (keypoints.length !== 3 * k)
    throw new CocoError(
      name,
      `${subject()} has ${keypoints.length} numbers in keypoints, but params.kpt_oks_sigmas has ${k} entries`,
      'give x y visibility of each keypoint, and each keypoint a sigma (--sigmas)',
    )
  const checked = new Float64Array(3 * k)
  for (let i = 0; i < 3 * k; i++) {
    const value = keypoints[i]
    if (!Number.isFinite(value))
      throw new CocoError(
        name,
        `${subject()} has ${show(value)} in keypoints, at [${i}]`,
        'repair it or leave it out',
      )
    checked[i] = value
  }
  return checked
}
