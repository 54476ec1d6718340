import { CocoError } from '../errors.js'
import { compressRuns } from './counts_string.js'
import { MaskTable } from './mask_table.js'
import { mergeLast, type RunRange } from './merge_runs.js'
import { readRles } from './read_rles.js'
import type { RLE } from './rle.js'
import { RunList } from './run_list.js'

const table = new MaskTable()
const list = new RunList()

/**
 * The union of masks, or their intersection. One mask stays as it is. No mask, or masks of
 * different sizes, give one of size [0, 0] with empty counts, as in pycocotools.
 */
export function merge(rles: readonly RLE[], intersect = false): RLE<string> {
  if (!Array.isArray(rles))
    throw new CocoError('mask.merge', 'rles is not a list', 'merge takes a list of masks')
  readRles(table, rles, 'mask.merge', 'rles')
  const { heights, widths, length } = table
  const [height, width] = [heights[0], widths[0]]
  for (let row = 0; row < length; row++)
    if (heights[row] !== height || widths[row] !== width) return { size: [0, 0], counts: '' }
  if (length === 0) return { size: [0, 0], counts: '' }

  list.clear()
  for (let row = 0; row < length; row++) {
    const middle = list.length
    appendRuns(list, table.runs(row))
    if (row > 0) mergeLast(list, 0, middle, intersect)
  }
  return { size: [height, width], counts: compressRuns(list.runs, 0, list.length) }
}

function appendRuns(list: RunList, { runs, from, to }: RunRange): void {
  list.reserve(to - from)
  list.runs.set(runs.subarray(from, to), list.length)
  list.length += to - from
}
