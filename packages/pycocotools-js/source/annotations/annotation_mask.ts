import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
import { compressRuns } from '../mask/counts_string.js'
import { MaskFault } from '../mask/mask_fault.js'
import type { RLE } from '../mask/rle.js'
import { runsOf } from '../mask/runs_of.js'
import type { CocoAnnotation, CocoImage, Id } from '../types.js'
import { nameOf } from './check_annotation.js'
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
  if (segmentation === undefined)
    throw new CocoError(
      where,
      `${nameOf(annotation)} has no segmentation`,
      'give it polygons or run lengths { size, counts }',
    )
  const size = 'polygons' in segmentation ? imageSize(annotation, imgs, where) : segmentation.size
  try {
    const counts = compressRuns(runsOf(segmentation, size))
    return { size: [size[0], size[1]], counts }
  } catch (fault) {
    if (!(fault instanceof MaskFault)) throw fault
    throw new CocoError(where, `${nameOf(annotation)} ${fault.what}`, fault.fix)
  }
}

/** @returns `[height, width]`. */
function imageSize(
  annotation: CocoAnnotation,
  imgs: ReadonlyMap<Id, CocoImage>,
  where: string,
): readonly [number, number] {
  const image = imgs.get(annotation.image_id)
  if (image?.height !== undefined && image.width !== undefined) return [image.height, image.width]
  const lack = image
    ? 'its image has no height and width'
    : `there is no image ${showId(annotation.image_id)}`
  throw new CocoError(
    where,
    `${nameOf(annotation)} is a polygon, but ${lack}`,
    'polygons take their size from the image: give it height and width in pixels',
  )
}
