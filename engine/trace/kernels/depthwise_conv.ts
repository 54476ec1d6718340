import type { Value } from '../graph.js'
import type { Order } from '../layout.js'
import { type Lowering, lower, type Traced } from '../lowering.js'
import { type BlockedConvOptions, canBlock, convolveBlocks, toBlocks } from './blocked_conv.js'
import {
  CHANNELS_FIRST,
  convolve,
  convWindow,
  gradientWindow,
  sumOverBatch,
  transposedConvolution,
  turnedKernel,
  type Window,
} from './conv.js'
import { tiledKernelGradient } from './depthwise_kernel_gradient.js'

/** `kh kw c multiplier` kept as `c multiplier kh kw`. */
const KERNEL_ORDER: Order = [2, 3, 0, 1]

/** The kernel as ONNX wants it, `[c * multiplier, 1, kh, kw]`. */
function groupedKernel(lowering: Lowering, filter: Traced): Value {
  const [kh, kw, channels, multiplier] = filter.shape
  return lowering.reshape(lowering.read(filter, KERNEL_ORDER), [channels * multiplier, 1, kh, kw])
}

/**
 * True where one kernel a channel may run over blocks of channels: 5 to 14 times as fast as ONNX
 * Runtime's Conv, gradients included.
 */
function runsBlocked(lowering: Lowering, channels: number, { strides }: Window): boolean {
  return strides.every((stride) => stride === 1) && canBlock(lowering, channels)
}

/**
 * One kernel `[1, c, kh, kw]` a channel over `x` `[n, c, h, w]`, both in blocks: a kernel of one
 * channel lies like an image.
 */
function convolveChannels(
  lowering: Lowering,
  x: Value,
  kernel: Value,
  window: Omit<BlockedConvOptions, 'strides' | 'groups'>,
): Value {
  const [, groups, kh, kw] = kernel.shape
  const grouped = lowering.reshape(kernel, [groups, 1, kh, kw])
  return convolveBlocks(lowering, x, grouped, { ...window, strides: [1, 1], groups })
}

/** A depthwise convolution of stride 1 of `x`, `n h w c`, with a kernel `[c, 1, kh, kw]`. */
function convolveDepthwise(lowering: Lowering, x: Traced, kernel: Value, window: Window): Traced {
  const channels = x.shape[3]
  if (kernel.constant || !runsBlocked(lowering, channels, window)) {
    return convolve(lowering, x, kernel, window, channels)
  }
  const [, , kh, kw] = kernel.shape
  const image = toBlocks(lowering, lowering.read(x, CHANNELS_FIRST))
  const blocks = toBlocks(lowering, lowering.reshape(kernel, [1, channels, kh, kw]))
  const { pads, dilations, outputShape } = window
  const size = { pads, dilations, outputSize: outputShape.slice(1, 3) }
  const value = convolveChannels(lowering, image, blocks, size)
  return lowering.ordered(value, outputShape, CHANNELS_FIRST)
}

lower('DepthwiseConv2dNative', (lowering, { inputs: { x, filter }, attributes }) => {
  const window = convWindow(x.shape, filter.shape, attributes, true)
  const kernel = groupedKernel(lowering, filter)
  if (filter.shape[3] === 1) return convolveDepthwise(lowering, x, kernel, window)
  return convolve(lowering, x, kernel, window, x.shape[3])
})

lower('DepthwiseConv2dNativeBackpropInput', (lowering, { inputs: { dy, filter }, attributes }) => {
  const inputShape = attributes.inputShape as number[]
  const window = convWindow(inputShape, filter.shape, attributes, true)
  const channels = inputShape[3]
  const kernel = groupedKernel(lowering, filter)
  const simple = window.strides.every((stride) => stride === 1) && filter.shape[3] === 1
  if (simple) {
    const turned = turnedKernel(lowering, kernel)
    return convolveDepthwise(lowering, dy, turned, gradientWindow(window, dy.shape))
  }
  const gradient = lowering.read(dy, CHANNELS_FIRST)
  return transposedConvolution(lowering, gradient, kernel, window, channels)
})

/**
 * The gradient by the kernel. For any device: one product over tiles. Here: one convolution, where
 * every channel of every image is a group whose input is `x` and whose kernel is the whole of `dy`;
 * strides become dilations, and images are summed at the end.
 */
lower('DepthwiseConv2dNativeBackpropFilter', (lowering, { inputs: { x, dy }, attributes }) => {
  const filterShape = attributes.filterShape as number[]
  const [kh, kw, channels, multiplier] = filterShape
  if (multiplier !== 1) {
    throw new Error(
      'the gradient of a depthwise kernel is traced for a channel multiplier of 1 only',
    )
  }
  const window = convWindow(x.shape, filterShape, attributes, true)
  if (lowering.target === 'portable') {
    const [image, gradient] = [lowering.read(x, CHANNELS_FIRST), lowering.read(dy, CHANNELS_FIRST)]
    const value = tiledKernelGradient(lowering, image, gradient, window)
    return lowering.ordered(value, filterShape, KERNEL_ORDER)
  }
  const [n, h, w] = x.shape
  const [, ho, wo] = dy.shape
  const groups = n * channels
  if (runsBlocked(lowering, channels, window)) {
    const image = toBlocks(lowering, lowering.read(x, CHANNELS_FIRST))
    const gradient = toBlocks(lowering, lowering.read(dy, CHANNELS_FIRST))
    const products = convolveChannels(
      lowering,
      lowering.reshape(image, [1, groups, h, w]),
      lowering.reshape(gradient, [1, groups, ho, wo]),
      { pads: window.pads, dilations: [1, 1], outputSize: [kh, kw] },
    )
    return kernelGradient(lowering, products, filterShape, n)
  }
  const input = lowering.reshape(lowering.read(x, CHANNELS_FIRST), [1, groups, h, w])
  const kernel = lowering.reshape(lowering.read(dy, CHANNELS_FIRST), [groups, 1, ho, wo])
  // Rows of x that no output saw, past the last stride, must not become extra rows of the result.
  const [top, left] = window.pads
  const covered = [
    (ho - 1) * window.strides[0] + (kh - 1) * window.dilations[0] + 1,
    (wo - 1) * window.strides[1] + (kw - 1) * window.dilations[1] + 1,
  ]
  const products = lowering.node(
    'Conv',
    [input, kernel],
    { dtype: 'float32', shape: [1, groups, kh, kw] },
    {
      kernel_shape: [ho, wo],
      strides: window.dilations,
      dilations: window.strides,
      pads: [top, left, covered[0] - h - top, covered[1] - w - left],
      group: groups,
    },
  )
  return kernelGradient(lowering, products, filterShape, n)
})

/** The sum over images of `[1, n * c, kh, kw]`, as the gradient of a kernel `kh kw c 1`. */
function kernelGradient(
  lowering: Lowering,
  products: Value,
  filterShape: readonly number[],
  n: number,
): Traced {
  const [kh, kw, channels] = filterShape
  const perImage = lowering.reshape(products, [n, channels * kh * kw])
  const value = lowering.reshape(sumOverBatch(lowering, perImage), [channels, 1, kh, kw])
  return lowering.ordered(value, filterShape, KERNEL_ORDER)
}
