import { CocoError } from '../errors.js'
import { appendUncompressed } from './append_segmentation.js'
import { compressRuns } from './counts_string.js'
import { isList } from './is_list.js'
import { MaskFault } from './mask_fault.js'
import { drawingOf } from './polygon_list.js'
import { appendBox, appendPolygon } from './polygon_runs.js'
import { isRle, naming } from './read_rles.js'
import type { RLE, UncompressedRLE } from './rle.js'
import { RunList } from './run_list.js'
import { countPixels } from './size_of.js'

const WHERE = 'mask.frPyObjects'
const list = new RunList()

type Numbers = ArrayLike<number>
type Size = readonly [number, number]

/**
 * Compresses masks given in another form: polygons `[x1, y1, x2, y2, ...]`, boxes
 * `[x, y, width, height]`, or run lengths.
 *
 * A list of polygons or boxes is of the kind of its first entry: 4 numbers are a box, more a
 * polygon.
 *
 * @param objects one, or a list: the result is alike. Each entry of a list becomes a mask;
 *   `merge` unites them.
 * @param height of the image, as `width`. Run lengths have their own size.
 */
export function frPyObjects(
  objects: Numbers | UncompressedRLE,
  height: number,
  width: number,
): RLE<string>
export function frPyObjects(
  objects: readonly Numbers[] | readonly UncompressedRLE[],
  height: number,
  width: number,
): RLE<string>[]
export function frPyObjects(
  objects: unknown,
  height: number,
  width: number,
): RLE<string> | RLE<string>[] {
  const size = [height, width] as const
  naming(WHERE, 'the image', () => countPixels(size))
  if (isRle(objects)) return naming(WHERE, 'the object', () => fromRuns(objects))
  if (!isList(objects))
    throw new CocoError(
      WHERE,
      'the object is neither a list nor run lengths',
      'use polygons, boxes or { size, counts }',
    )
  if (typeof objects[0] === 'number')
    return naming(WHERE, 'the object', () => fromNumbers(flatDrawing(objects), objects, size))

  const fromEntry = naming(WHERE, 'the list', () => reading(objects, size))
  return Array.from(objects, (entry, i) => naming(WHERE, `objects[${i}]`, () => fromEntry(entry)))
}

/** How the entries of a list are read: as its first. */
function reading(objects: ArrayLike<unknown>, size: Size): (entry: unknown) => RLE<string> {
  if (isRle(objects[0])) return fromRuns
  const draw = drawingOf(objects)
  return (numbers) => fromNumbers(draw, numbers as Numbers, size)
}

function flatDrawing({ length }: ArrayLike<unknown>): typeof appendPolygon {
  if (length === 4) return appendBox
  if (length > 4) return appendPolygon
  throw new MaskFault(
    `has ${length} numbers`,
    'a box has 4, [x, y, width, height], a polygon 6 or more, x1 y1 x2 y2 x3 y3 ...',
  )
}

function fromNumbers(
  draw: typeof appendPolygon,
  numbers: ArrayLike<unknown>,
  size: Size,
): RLE<string> {
  list.clear()
  draw(list, numbers as Numbers, size[0], size[1])
  return compressed(size)
}

function fromRuns(object: unknown): RLE<string> {
  if (!isRle(object))
    throw new MaskFault('has no size and counts', 'use one kind of object in a list')
  const { size, counts } = object
  if (!isList(counts) || counts instanceof Uint8Array)
    throw new MaskFault(
      'has counts that are not run lengths',
      'give it a list of numbers; compressed counts need no frPyObjects',
    )
  list.clear()
  appendUncompressed(list, counts, size as Size)
  return compressed(size as Size)
}

function compressed([height, width]: Size): RLE<string> {
  return { size: [height, width], counts: compressRuns(list.runs, 0, list.length) }
}
