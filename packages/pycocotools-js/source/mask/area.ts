import { MaskTable } from './mask_table.js'
import { readRles } from './read_rles.js'
import type { RLE } from './rle.js'

const table = new MaskTable()

/**
 * Counts the pixels of masks.
 *
 * @param rles one, or a list: the result is alike.
 */
export function area(rles: RLE): number
export function area(rles: readonly RLE[]): number[]
export function area(rles: RLE | readonly RLE[]): number | number[] {
  readRles(table, rles, 'mask.area', Array.isArray(rles) ? 'rles' : 'rle')
  return Array.isArray(rles) ? Array.from(table.areas.subarray(0, table.length)) : table.areas[0]
}
