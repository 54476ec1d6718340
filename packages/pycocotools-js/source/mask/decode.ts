import { CocoError } from '../errors.js'
import { drawRuns } from './binary_mask.js'
import { MaskTable } from './mask_table.js'
import { readRles } from './read_rles.js'
import type { BinaryMask, RLE } from './rle.js'

const table = new MaskTable()

/**
 * Draws masks pixel by pixel.
 *
 * @param rles one, or a list: the result is alike. Those of a list may have different sizes.
 */
export function decode(rles: RLE): BinaryMask
export function decode(rles: readonly RLE[]): BinaryMask[]
export function decode(rles: RLE | readonly RLE[]): BinaryMask | BinaryMask[] {
  readRles(table, rles, 'mask.decode', Array.isArray(rles) ? 'rles' : 'rle')
  const masks = Array.from({ length: table.length }, (_, row) => decodeRow(row))
  return Array.isArray(rles) ? masks : masks[0]
}

function decodeRow(row: number): BinaryMask {
  const height = table.heights[row]
  const width = table.widths[row]
  const data = zeros(height, width)
  drawRuns(table.runs(row), data, height)
  return { size: [height, width], data }
}

function zeros(height: number, width: number): Uint8Array {
  try {
    return new Uint8Array(height * width)
  } catch {
    throw new CocoError(
      'mask.decode',
      `there is no memory for a mask of ${height} x ${width} pixels`,
      'decode a smaller one',
    )
  }
}
