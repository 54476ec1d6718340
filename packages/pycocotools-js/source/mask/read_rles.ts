import { CocoError } from '../errors.js'
import { MaskFault } from './mask_fault.js'
import type { MaskTable } from './mask_table.js'
import type { RLE } from './rle.js'

/**
 * Fills `table` with the masks that a user gave.
 *
 * @param rles one mask, or a list of them.
 * @param where the call, such as `mask.area`; `name` is the argument. For errors.
 */
export function readRles(table: MaskTable, rles: unknown, where: string, name: string): void {
  table.clear()
  if (Array.isArray(rles))
    for (const [i, rle] of rles.entries()) naming(where, `${name}[${i}]`, () => addRle(table, rle))
  else naming(where, name, () => addRle(table, rles))
}

/** Runs `read`; its `MaskFault` becomes a `CocoError` that names the mask. */
export function naming<T>(where: string, subject: string, read: () => T): T {
  try {
    return read()
  } catch (fault) {
    if (fault instanceof MaskFault)
      throw new CocoError(where, `${subject} ${fault.what}`, fault.fix)
    throw fault
  }
}

/** Whether `value` looks like a mask in run lengths, compressed or not. */
export function isRle(value: unknown): value is { size: unknown; counts: unknown } {
  return typeof value === 'object' && value !== null && 'size' in value && 'counts' in value
}

function addRle(table: MaskTable, rle: unknown): void {
  if (!isRle(rle)) throw new MaskFault('is not an RLE', 'an RLE is { size, counts }')
  const { size, counts } = rle
  if (typeof counts !== 'string' && !(counts instanceof Uint8Array))
    throw new MaskFault(
      'has counts that are neither text nor bytes',
      'frPyObjects compresses lists of run lengths',
    )
  table.addCounts(counts, size as RLE['size'])
}
