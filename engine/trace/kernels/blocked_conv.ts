/**
 * ONNX Runtime's convolutions over channels in blocks. It takes to them by itself where a kernel is
 * a constant; where a kernel changes from run to run, as in training, a graph has to ask for them
 * by name.
 */
import type { Value } from '../graph.js'
import type { Lowering } from '../lowering.js'

const BLOCKED = 'com.microsoft.nchwc'
/** Channels come in blocks of 8 or 16, by the processor's vectors. */
const LARGEST_BLOCK = 16

/** True where channels of these numbers may lie in blocks. */
export function canBlock({ target }: Lowering, ...channels: number[]): boolean {
  return target === 'x64' && channels.every((count) => count % LARGEST_BLOCK === 0)
}

/** `[n, c, h, w]` with channels in blocks; the shape stays as it reads. */
export function toBlocks(lowering: Lowering, value: Value): Value {
  const { dtype, shape } = value
  return lowering.node('ReorderInput', [value], { dtype, shape }, {}, BLOCKED)
}

/**
 * A kernel `[out, in, kh, kw]` with both its channels in blocks: inputs first, as if it were
 * images, then outputs, as if they were the channels of one image of a single row.
 */
export function kernelToBlocks(lowering: Lowering, kernel: Value): Value {
  const [outChannels, ...rest] = kernel.shape
  const row = [1, outChannels, 1, rest.reduce((product, side) => product * side)]
  const inputs = lowering.reshape(toBlocks(lowering, kernel), row)
  return lowering.reshape(toBlocks(lowering, inputs), kernel.shape)
}

export interface BlockedConvOptions {
  /** Height and width. */
  outputSize: readonly number[]
  strides: readonly number[]
  pads: readonly number[]
  dilations: readonly number[]
  groups: number
}

/**
 * A convolution of `x` `[n, c, h, w]` with a kernel `[out, in / groups, kh, kw]`, both in blocks.
 *
 * @returns `[n, out, outHeight, outWidth]`, plain again.
 */
export function convolveBlocks(
  lowering: Lowering,
  x: Value,
  kernel: Value,
  { outputSize, groups, ...window }: BlockedConvOptions,
): Value {
  const [channels, , ...kernelSize] = kernel.shape
  const output = { dtype: x.dtype, shape: [x.shape[0], channels, ...outputSize] }
  const { strides, dilations, pads } = window
  const attributes = { kernel_shape: kernelSize, strides, dilations, pads, group: groups }
  const blocks = lowering.node('Conv', [x, kernel], output, attributes, BLOCKED)
  return lowering.node('ReorderOutput', [blocks], output, { channels }, BLOCKED)
}
