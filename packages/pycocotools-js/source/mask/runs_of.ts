import { appendSegmentation } from './append_segmentation.js'
import { RunList } from './run_list.js'
import type { Segmentation } from './segmentation.js'

/** Buffer, kept between calls. */
const list = new RunList()

/**
 * The run lengths of a segmentation: column by column, background first, all the pixels of its
 * size. Polygons are drawn and united. Throws `MaskFault`. For many masks, a `MaskTable` is faster.
 *
 * @param imageSize `[height, width]`, for polygons; the others have their own.
 */
export function runsOf(
  segmentation: Segmentation,
  imageSize: readonly [number, number],
): Uint32Array {
  list.clear()
  appendSegmentation(list, segmentation, imageSize)
  return list.runs.slice(0, list.length)
}
