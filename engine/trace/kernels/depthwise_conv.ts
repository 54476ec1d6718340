import type { Value } from '../graph.js'
import type { Order } from '../layout.js'
import { type Lowering, lower, type Traced } from '../lowering.js'
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

/** `kh kw c multiplier` kept as `c multiplier kh kw`. */
const KERNEL_ORDER: Order = [2, 3, 0, 1]

/** The kernel as ONNX wants it, `[c * multiplier, 1, kh, kw]`. */
function groupedKernel(lowering: Lowering, filter: Traced): Value {
  const [kh, kw, channels, multiplier] = filter.shape
  return lowering.reshape(lowering.read(filter, KERNEL_ORDER), [channels * multiplier, 1, kh, kw])
}

/** ONNX Runtime's convolutions over channels in blocks, for x64 processors. */
const BLOCKED = 'com.microsoft.nchwc'
/** Channels come in blocks of 8 or 16, by the processor's vectors. */
const LARGEST_BLOCK = 16

/**
 * True where one kernel a channel may run over blocks of channels. ONNX Runtime does so by itself where
 * the kernel is a constant; asked for by name it is 5 to 14 times as fast as its Conv, gradients included.
 */
function runsBlocked({ target }: Lowering, channels: number, { strides }: Window): boolean {
  const plainStrides = strides.every((stride) => stride === 1)
  return target === 'x64' && plainStrides && channels % LARGEST_BLOCK === 0
}

/** `[n, c, h, w]` with channels in blocks; the shape stays as it reads. */
function toBlocks(lowering: Lowering, value: Value): Value {
  const { dtype, shape } = value
  return lowering.node('ReorderInput', [value], { dtype, shape }, {}, BLOCKED)
}

/**
 * One kernel `[c, 1, kh, kw]` a channel over `x` `[n, c, h, w]`, both in blocks. As blocks of channels a
 * kernel lies in memory like an image.
 *
 * @returns `[n, c, outHeight, outWidth]`, plain again.
 */
function convolveBlocks(
  lowering: Lowering,
  x: Value,
  kernel: Value,
  size: { outputSize: readonly number[]; pads: readonly number[]; dilations: readonly number[] },
): Value {
  const [n, channels] = x.shape
  const [, , kh, kw] = kernel.shape
  const output = { dtype: x.dtype, shape: [n, channels, ...size.outputSize] }
  const blocks = lowering.node(
    'Conv',
    [x, lowering.reshape(kernel, [channels, 1, kh, kw])],
    output,
    {
      kernel_shape: [kh, kw],
      strides: [1, 1],
      dilations: size.dilations,
      pads: size.pads,
      group: channels,
    },
    BLOCKED,
  )
  return lowering.node('ReorderOutput', [blocks], output, { channels }, BLOCKED)
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
  const value = convolveBlocks(lowering, image, blocks, size)
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
 * The gradient by the kernel as one convolution: every channel of every image is a group whose input is
 * `x` and whose kernel is the whole of `dy`; strides become dilations. Images are summed at the end.
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
  const [n, h, w] = x.shape
  const [, ho, wo] = dy.shape
  const groups = n * channels
  if (runsBlocked(lowering, channels, window)) {
    const image = toBlocks(lowering, lowering.read(x, CHANNELS_FIRST))
    const gradient = toBlocks(lowering, lowering.read(dy, CHANNELS_FIRST))
    const products = convolveBlocks(
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
