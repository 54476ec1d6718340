import { CocoError } from '../errors.js'
import type { NdArray } from '../types.js'
import { boxIou } from './box_iou.js'
import { isList } from './is_list.js'
import { maskIou } from './mask_iou.js'
import { MaskTable } from './mask_table.js'
import { isRle, readRles } from './read_rles.js'
import type { RLE } from './rle.js'
import { showValue } from './show_value.js'

const WHERE = 'mask.iou'
/** So that neither the end of a box nor the sum of two areas is infinite. */
const MAX_NUMBER = 1e300
const detections = new MaskTable()
const groundTruths = new MaskTable()

/**
 * Intersection over union of every detection with every ground truth, all of them masks or all of
 * them boxes.
 *
 * Masks of different sizes have -1 where their boxes overlap, as in pycocotools.
 *
 * @param dt `d` masks or boxes `[x, y, width, height]`.
 * @param gt `g` of the same kind.
 * @param iscrowd `[g]`, 0 or 1. Against a crowd, the union is the detection's area.
 * @returns `[d, g]`. Without detections or ground truths there is nothing in it.
 */
export function iou(
  dt: readonly RLE[] | readonly ArrayLike<number>[],
  gt: readonly RLE[] | readonly ArrayLike<number>[],
  iscrowd: ArrayLike<number | boolean>,
): NdArray {
  const dtKind = kindOf(dt, 'dt')
  const gtKind = kindOf(gt, 'gt')
  const crowd = crowdFlags(iscrowd, gt.length)
  const ious = { data: new Float64Array(dt.length * gt.length), shape: [dt.length, gt.length] }
  if (dtKind === undefined || gtKind === undefined) return ious
  if (dtKind !== gtKind)
    throw new CocoError(WHERE, `dt holds ${dtKind}, but gt holds ${gtKind}`, 'give it one kind')

  if (dtKind === 'masks') {
    readRles(detections, dt, WHERE, 'dt')
    readRles(groundTruths, gt, WHERE, 'gt')
    maskIou(detections, groundTruths, crowd, ious.data)
  } else boxIou(boxesXywh(dt, 'dt'), boxesXywh(gt, 'gt'), crowd, ious.data)
  return ious
}

/** @returns undefined for an empty list, which is of either kind. */
function kindOf(list: unknown, name: string): 'masks' | 'boxes' | undefined {
  if (Array.isArray(list)) {
    if (list.length === 0) return undefined
    if (list.every(isRle)) return 'masks'
    if (list.every((entry) => isList(entry) && entry.length === 4)) return 'boxes'
  }
  throw new CocoError(
    WHERE,
    `${name} is neither a list of masks nor one of boxes`,
    'a mask is { size, counts }, a box [x, y, width, height]',
  )
}

function crowdFlags(iscrowd: ArrayLike<number | boolean>, count: number): Uint8Array {
  if (!isList(iscrowd) || iscrowd.length !== count)
    throw new CocoError(
      WHERE,
      `iscrowd has ${isList(iscrowd) ? iscrowd.length : 'no'} entries for ${count} ground truths`,
      'give it one for each',
    )
  return Uint8Array.from(iscrowd, (flag, j) => {
    if (typeof flag === 'boolean' || Number.isInteger(flag)) return flag ? 1 : 0
    throw new CocoError(WHERE, `iscrowd[${j}] is ${showValue(flag)}`, 'give it 0 or 1')
  })
}

/** @returns `[n, 4]`, checked. */
function boxesXywh(boxes: readonly unknown[], name: string): Float64Array {
  const flat = new Float64Array(4 * boxes.length)
  for (const [i, box] of (boxes as ArrayLike<number>[]).entries()) {
    if (!isBox(box))
      throw new CocoError(
        WHERE,
        `${name}[${i}] is the box ${showValue(box)}`,
        'a box is four finite numbers [x, y, width, height], the last two not negative',
      )
    if (!isComputable(Array.from(box)))
      throw new CocoError(
        WHERE,
        `${name}[${i}] is the box ${showValue(box)}, past what double precision computes with`,
        'give boxes in pixels',
      )
    flat.set(box, 4 * i)
  }
  return flat
}

function isBox(box: ArrayLike<number>): boolean {
  const numbers = Array.from(box)
  return numbers.every(Number.isFinite) && numbers[2] >= 0 && numbers[3] >= 0
}

/** Whether no sum or product of the box is infinite, nor its area rounded to 0. */
function isComputable([x, y, width, height]: number[]): boolean {
  if (Math.max(Math.abs(x), Math.abs(y), width, height, width * height) > MAX_NUMBER) return false
  return width * height > 0 || width === 0 || height === 0
}
