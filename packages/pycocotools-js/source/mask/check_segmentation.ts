import { appendCompressed, appendUncompressed } from './append_segmentation.js'
import { isList } from './is_list.js'
import { MaskFault } from './mask_fault.js'
import { appendPolygon, checkCoordinates, mayCrossTooOften } from './polygon_runs.js'
import { RunList } from './run_list.js'
import type { Segmentation } from './segmentation.js'
import { showValue } from './show_value.js'
import { countPixels } from './size_of.js'

const POLYGON_RULE = 'a polygon is a list of numbers x1 y1 x2 y2 x3 y3 ..., three pairs or more'

/** Buffer, kept between calls. */
const list = new RunList()

/**
 * Checks that a segmentation can be drawn, without drawing it. Throws `MaskFault`.
 *
 * It is stricter than drawing, which follows pycocotools: a polygon of 4 numbers is a line between
 * two points and no box, wherever it stands, and pairs must be whole.
 *
 * @param imageSize `[height, width]`, for polygons; the others have their own.
 */
export function checkSegmentation(
  segmentation: Segmentation,
  imageSize: readonly [number, number],
): void {
  list.clear()
  if ('runs' in segmentation) appendUncompressed(list, segmentation.runs, segmentation.size)
  else if ('counts' in segmentation) appendCompressed(list, segmentation.counts, segmentation.size)
  else checkPolygons(segmentation.polygons, imageSize)
}

function checkPolygons(
  polygons: readonly unknown[],
  [height, width]: readonly [number, number],
): void {
  countPixels([height, width])
  for (let i = 0; i < polygons.length; i++) {
    const polygon = polygons[i]
    if (!isList(polygon))
      throw new MaskFault(`has ${showValue(polygon)} as polygon [${i}]`, POLYGON_RULE)
    if (isList(polygon[0]))
      throw new MaskFault(
        `has a polygon [${i}] of lists`,
        'write its points one after the other in one list, x1 y1 x2 y2 x3 y3 ...',
      )
    const { length } = polygon
    if (length < 6 || length % 2 > 0)
      throw new MaskFault(`has a polygon [${i}] of ${length} numbers`, POLYGON_RULE)
    try {
      checkCoordinates(polygon)
      if (mayCrossTooOften(polygon, width))
        appendPolygon(list, polygon as ArrayLike<number>, height, width)
    } catch (fault) {
      if (!(fault instanceof MaskFault)) throw fault
      throw new MaskFault(`${fault.what}, in polygon [${i}]`, fault.fix)
    }
  }
}
