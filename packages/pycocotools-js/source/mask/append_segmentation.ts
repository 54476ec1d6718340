import { appendCounts, appendCountsText } from './counts_string.js'
import { MaskFault } from './mask_fault.js'
import { mergeLast } from './merge_runs.js'
import { drawingOf } from './polygon_list.js'
import type { RunList } from './run_list.js'
import type { Segmentation } from './segmentation.js'
import { showValue } from './show_value.js'
import { countPixels, MAX_PIXELS } from './size_of.js'

type Size = readonly [number, number]

/**
 * Appends the runs of a segmentation; they add up to its size. Throws `MaskFault`.
 *
 * Source: `COCO.annToRLE` of pycocotools 2.0.11.
 *
 * @param imageSize `[height, width]`, for polygons.
 */
export function appendSegmentation(
  list: RunList,
  segmentation: Segmentation,
  imageSize: Size,
): void {
  if ('polygons' in segmentation) appendUnion(list, segmentation.polygons, imageSize)
  else if ('runs' in segmentation) appendUncompressed(list, segmentation.runs, segmentation.size)
  else appendCompressed(list, segmentation.counts, segmentation.size)
}

/** Appends the runs of compressed counts, checked. */
export function appendCompressed(list: RunList, counts: Uint8Array | string, size: Size): void {
  const begin = list.length
  if (typeof counts === 'string') appendCountsText(list, counts)
  else appendCounts(list, counts, 0, counts.length)
  checkSum(list, begin, size)
}

/** Appends run lengths as a file has them, checked. */
export function appendUncompressed(list: RunList, runs: ArrayLike<unknown>, size: Size): void {
  const begin = list.length
  list.reserve(runs.length)
  const into = list.runs
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i]
    if (typeof run !== 'number' || !Number.isInteger(run) || run < 0 || run > MAX_PIXELS) {
      throw new MaskFault(
        `has ${showValue(run)} as run [${i}]`,
        'a run is a whole number of pixels, 0 to 2^32 - 1',
      )
    }
    into[begin + i] = run
  }
  list.length = begin + runs.length
  checkSum(list, begin, size)
}

/** Checks the size, and that the runs from `begin` on add up to it. */
function checkSum(list: RunList, begin: number, size: Size): void {
  const pixels = countPixels(size)
  const { runs, length } = list
  let sum = 0
  for (let i = begin; i < length; i++) sum += runs[i]
  if (sum === pixels) return
  throw new MaskFault(
    `has runs of ${sum} pixels in all, where its size [${size[0]}, ${size[1]}] has ${pixels}`,
    'repair its counts or its size',
  )
}

function appendUnion(list: RunList, polygons: readonly ArrayLike<number>[], size: Size): void {
  countPixels(size)
  const draw = drawingOf(polygons)
  const begin = list.length
  for (let i = 0; i < polygons.length; i++) {
    const middle = list.length
    try {
      draw(list, polygons[i], size[0], size[1])
    } catch (fault) {
      if (!(fault instanceof MaskFault)) throw fault
      throw new MaskFault(`${fault.what}, in polygon [${i}]`, fault.fix)
    }
    if (i > 0) mergeLast(list, begin, middle, false)
  }
}
