import { noMaskFault } from '../annotations/annotation_faults.js'
import { nameOfRow } from '../annotations/check_annotation.js'
import { imageSizeOf } from '../annotations/image_size.js'
import { CocoError } from '../errors.js'
import { appendSegmentation } from '../mask/append_segmentation.js'
import { MaskFault } from '../mask/mask_fault.js'
import { maskIou } from '../mask/mask_iou.js'
import { MaskTable } from '../mask/mask_table.js'
import { RunList } from '../mask/run_list.js'
import type { Segmentation } from '../mask/segmentation.js'
import type { Groups, Side, Similarity } from './groups.js'

/**
 * IoU of masks. They are decoded, and polygons drawn, one group at a time: all of them would take
 * gigabytes.
 *
 * The masks of groups that have nothing to compare are checked at once, so that an unusable one is
 * always reported.
 */
export function maskSimilarity(
  { gtStart, dtStart, gtRows, dtRows }: Groups,
  iscrowd: Uint8Array,
  gt: Side,
  dt: Side,
): Similarity {
  const runs = new RunList()
  const checkMask = (segmentation: Segmentation, imageSize: ImageSize) => {
    runs.clear()
    appendSegmentation(runs, segmentation, imageSize)
  }
  for (let group = 0; group + 1 < gtStart.length; group++) {
    const gts = gtRows.subarray(gtStart[group], gtStart[group + 1])
    const dts = dtRows.subarray(dtStart[group], dtStart[group + 1])
    if (gts.length > 0 && dts.length > 0) continue
    visitMasks(gt, gts, checkMask)
    visitMasks(dt, dts, checkMask)
  }

  const gtMasks = new MaskTable()
  const dtMasks = new MaskTable()
  return (group, similarities) => {
    gtMasks.clear()
    dtMasks.clear()
    visitMasks(gt, gtRows.subarray(gtStart[group], gtStart[group + 1]), (segmentation, size) =>
      gtMasks.add(segmentation, size),
    )
    visitMasks(dt, dtRows.subarray(dtStart[group], dtStart[group + 1]), (segmentation, size) =>
      dtMasks.add(segmentation, size),
    )
    const crowds = iscrowd.subarray(gtStart[group], gtStart[group + 1])
    maskIou(dtMasks, gtMasks, crowds, similarities)
  }
}

/** `[height, width]`, pixels. */
type ImageSize = readonly [number, number]

/**
 * @throws CocoError, naming the annotation, where there is no mask or `visit` throws a `MaskFault`.
 */
function visitMasks(
  side: Side,
  selected: Int32Array,
  visit: (segmentation: Segmentation, imageSize: ImageSize) => void,
): void {
  const { rows, name, imgs } = side
  for (let i = 0; i < selected.length; i++) {
    const segmentation = rows.segmentation(selected[i])
    if (segmentation === undefined) throw noMask(side, selected[i])
    const row = selected[i]
    const size =
      'polygons' in segmentation
        ? imageSizeOf(rows.imageId(row), imgs, name, () => nameOfRow(rows, row))
        : segmentation.size
    try {
      visit(segmentation, size)
    } catch (fault) {
      if (!(fault instanceof MaskFault)) throw fault
      throw new CocoError(name, `${nameOfRow(rows, row)} ${fault.what}`, fault.fix)
    }
  }
}

function noMask({ rows, name }: Side, row: number): CocoError {
  const { what, fix } = noMaskFault(rows.at(row).segmentation)
  return new CocoError(name, `${nameOfRow(rows, row)} ${what}`, fix)
}
