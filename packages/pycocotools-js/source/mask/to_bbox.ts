import { MaskTable } from './mask_table.js'
import { readRles } from './read_rles.js'
import type { RLE } from './rle.js'

type BoxXywh = [number, number, number, number]

const table = new MaskTable()

/**
 * The smallest boxes around masks, `[x, y, width, height]` in whole pixels; `[0, 0, 0, 0]` for an
 * empty one.
 *
 * @param rles one, or a list: the result is alike.
 */
export function toBbox(rles: RLE): BoxXywh
export function toBbox(rles: readonly RLE[]): BoxXywh[]
export function toBbox(rles: RLE | readonly RLE[]): BoxXywh | BoxXywh[] {
  readRles(table, rles, 'mask.toBbox', Array.isArray(rles) ? 'rles' : 'rle')
  const boxes = Array.from({ length: table.length }, (_, row) => boxOf(row))
  return Array.isArray(rles) ? boxes : boxes[0]
}

function boxOf(row: number): BoxXywh {
  const { boxesXywh } = table
  const place = 4 * row
  return [boxesXywh[place], boxesXywh[place + 1], boxesXywh[place + 2], boxesXywh[place + 3]]
}
