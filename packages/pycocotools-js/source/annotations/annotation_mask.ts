import { CocoError } from '../errors.js'
import { compressRuns } from '../mask/counts_string.js'
import { MaskFault } from '../mask/mask_fault.js'
import type { RLE } from '../mask/rle.js'
import { runsOf } from '../mask/runs_of.js'
import type { CocoAnnotation, CocoImage, Id } from '../types.js'
import { noMaskFault } from './annotation_faults.js'
import { nameOf } from './check_annotation.js'
import { imageSizeOf } from './image_size.js'
import { segmentationOf } from './object_rows.js'

/**
 * The mask of an annotation as compressed run lengths: polygons are drawn and united.
 *
 * Source: `COCO.annToRLE` of pycocotools 2.0.11.
 *
 * @param imgs have the size of polygons; run lengths have their own.
 * @param where the file, for errors.
 */
export function annotationRle(
  annotation: CocoAnnotation,
  imgs: ReadonlyMap<Id, CocoImage>,
  where: string,
): RLE<string> {
  const segmentation = segmentationOf(annotation.segmentation)
  if (segmentation === undefined) {
    const { what, fix } = noMaskFault(annotation.segmentation)
    throw new CocoError(where, `${nameOf(annotation)} ${what}`, fix)
  }
  const size =
    'polygons' in segmentation
      ? imageSizeOf(annotation.image_id, imgs, where, () => nameOf(annotation))
      : segmentation.size
  try {
    const counts = compressRuns(runsOf(segmentation, size))
    return { size: [size[0], size[1]], counts }
  } catch (fault) {
    if (!(fault instanceof MaskFault)) throw fault
    throw new CocoError(where, `${nameOf(annotation)} ${fault.what}`, fault.fix)
  }
}
