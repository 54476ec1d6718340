import { appendMask } from './binary_mask.js'
import { compressRuns } from './counts_string.js'
import { MaskFault } from './mask_fault.js'
import { naming } from './read_rles.js'
import type { BinaryMask, RLE } from './rle.js'
import { RunList } from './run_list.js'
import { countPixels } from './size_of.js'

const list = new RunList()

/**
 * Compresses masks. A run ends at each change of value, so use 0 and 1 only.
 *
 * @param masks one, or a list: the result is alike.
 */
export function encode(masks: BinaryMask): RLE<string>
export function encode(masks: readonly BinaryMask[]): RLE<string>[]
export function encode(masks: BinaryMask | readonly BinaryMask[]): RLE<string> | RLE<string>[] {
  if (!isMasks(masks)) return naming('mask.encode', 'mask', () => encodeOne(masks))
  return masks.map((mask, i) => naming('mask.encode', `masks[${i}]`, () => encodeOne(mask)))
}

function isMasks(masks: BinaryMask | readonly BinaryMask[]): masks is readonly BinaryMask[] {
  return Array.isArray(masks)
}

function encodeOne(mask: BinaryMask): RLE<string> {
  const { size, data } = mask ?? {}
  const pixels = countPixels(size)
  if (!(data instanceof Uint8Array))
    throw new MaskFault('has no Uint8Array as data', 'give it one of height x width pixels')
  if (data.length !== pixels)
    throw new MaskFault(
      `has ${data.length} pixels as data, where its size [${size[0]}, ${size[1]}] has ${pixels}`,
      'give it data of height x width pixels',
    )
  list.clear()
  appendMask(list, data, size[0], size[1])
  return { size: [size[0], size[1]], counts: compressRuns(list.runs, 0, list.length) }
}
