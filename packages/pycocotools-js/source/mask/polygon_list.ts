import { warnOnce } from '../warn_once.js'
import { isList } from './is_list.js'
import { MaskFault } from './mask_fault.js'
import { appendBox, appendPolygon } from './polygon_runs.js'
import { showValue } from './show_value.js'

/**
 * How the entries of a list of polygons are drawn. The first decides it for all: 4 numbers are a
 * box, more a polygon. Among polygons, later ones with less than 6 numbers are empty masks.
 *
 * Source: `frPyObjects` of pycocotools 2.0.11. It takes boxes as a numpy array only, and fails on a
 * list of them.
 */
export function drawingOf(polygons: ArrayLike<unknown>): typeof appendPolygon {
  if (polygons.length === 0)
    throw new MaskFault('has no polygons', 'give it one, x1 y1 x2 y2 x3 y3 ...')
  const lengths = Array.from(polygons, (polygon, i) => {
    if (isList(polygon)) return polygon.length
    throw new MaskFault(
      `has ${showValue(polygon)} as polygon [${i}]`,
      'a polygon is a list of numbers x1 y1 x2 y2 x3 y3 ...',
    )
  })
  if (lengths[0] < 4)
    throw new MaskFault(
      `has a first polygon of ${lengths[0]} numbers`,
      'a polygon has 6 numbers or more, x1 y1 x2 y2 x3 y3 ...',
    )
  if (lengths[0] > 4) return appendPolygon

  const other = lengths.find((length) => length !== 4)
  if (other !== undefined)
    throw new MaskFault(
      `has a first polygon of 4 numbers, which is read as a box, and another of ${other}`,
      'use polygons of 6 numbers or more, or boxes only',
    )
  warnOnce(
    'box for a polygon',
    'a polygon of 4 numbers is read as a box [x, y, width, height], as pycocotools reads numpy arrays; a polygon has 6 numbers or more',
  )
  return appendBox
}
