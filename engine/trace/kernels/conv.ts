import * as tf from '../../../tf/tf.js'
import type { Value } from '../graph.js'
import type { Order } from '../layout.js'
import { type KernelCall, type Lowering, lower, type Traced } from '../lowering.js'
import { canBlock, convolveBlocks, kernelToBlocks, toBlocks } from './blocked_conv.js'
import { matMul } from './matmul.js'
import { padTraced, sliceTraced } from './shape.js'

/** `n h w c` kept as `n c h w`. */
export const CHANNELS_FIRST: Order = [0, 3, 1, 2]
/** `kh kw in out` kept as `out in kh kw`, PyTorch's and ONNX's order of kernels. */
const KERNEL_ORDER: Order = [3, 2, 0, 1]
/**
 * `kh kw in out` kept as `out kh kw in`: one product for each place of the kernel, side by side.
 */
const GRADIENT_ORDER: Order = [3, 0, 1, 2]

/** Pixels of all images from which on blocks of channels are worth their making. */
const LEAST_BLOCKED_PIXELS = 256

type Size4D = [number, number, number, number]

/** Sizes of a convolution or pooling, as TensorFlow.js computes them. */
export interface Window {
  kernel: [number, number]
  strides: [number, number]
  dilations: [number, number]
  /** top, left, bottom, right: the order of ONNX. */
  pads: [number, number, number, number]
  inputShape: readonly number[]
  outputShape: readonly number[]
}

/** Reads strides, padding and dilations from a kernel's attributes. */
export function convWindow(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: KernelCall['attributes'],
  depthwise = false,
): Window {
  if (attributes.dataFormat === 'NCHW') {
    throw new Error('convolutions are traced in NHWC only; transpose the input')
  }
  const info = tf.backend_util.computeConv2DInfo(
    [...inputShape] as Size4D,
    [...filterShape] as Size4D,
    attributes.strides as [number, number],
    (attributes.dilations ?? 1) as number,
    attributes.pad as 'same',
    attributes.dimRoundingMode as 'floor' | undefined,
    depthwise,
  )
  return {
    kernel: [filterShape[0], filterShape[1]],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right],
    inputShape,
    outputShape: info.outShape,
  }
}

const channelsFirst = ([n, h, w, c]: readonly number[]) => [n, c, h, w]

/** True for a 1x1 convolution that reads every pixel once: a matrix product. */
function isPointwise({ kernel, strides, pads }: Window): boolean {
  return [...kernel, ...strides].every((size) => size === 1) && pads.every((pad) => pad === 0)
}

lower('Conv2D', (lowering, { inputs: { x, filter }, attributes }) => {
  const window = convWindow(x.shape, filter.shape, attributes)
  const kernel = lowering.read(filter, KERNEL_ORDER)
  if (isPointwise(window) && !kernel.constant) return mixChannels(lowering, x, kernel)
  return convolve(lowering, x, kernel, window, 1)
})

/**
 * A 1x1 convolution as a matrix product. ONNX Runtime rearranges a constant kernel for its Conv
 * once and for all; for a kernel that changes from run to run, the product is half again as fast.
 */
function mixChannels(lowering: Lowering, x: Traced, kernel: Value): Traced {
  const [n, h, w, channels] = x.shape
  const outChannels = kernel.shape[0]
  const matrix = lowering.reshape(kernel, [outChannels, channels])
  const columns = lowering.reshape(lowering.read(x, CHANNELS_FIRST), [n, channels, h * w])
  const product = matMul(lowering, matrix, columns)
  const value = lowering.reshape(product, [n, outChannels, h, w])
  return lowering.ordered(value, [n, h, w, outChannels], CHANNELS_FIRST)
}

/** A convolution of `x` with a kernel `[out, in / groups, kh, kw]`. */
export function convolve(
  lowering: Lowering,
  x: Traced,
  kernel: Value,
  window: Window,
  groups: number,
): Traced {
  const image = lowering.read(x, CHANNELS_FIRST)
  if (groups === 1 && runsBlocked(lowering, kernel, window)) {
    const { outputShape, strides, pads, dilations } = window
    const size = { outputSize: outputShape.slice(1, 3), strides, pads, dilations, groups }
    const [pixels, blocks] = [toBlocks(lowering, image), kernelToBlocks(lowering, kernel)]
    const value = convolveBlocks(lowering, pixels, blocks, size)
    return lowering.ordered(value, outputShape, CHANNELS_FIRST)
  }
  const value = lowering.node(
    'Conv',
    [image, kernel],
    { dtype: 'float32', shape: channelsFirst(window.outputShape) },
    {
      kernel_shape: window.kernel,
      strides: window.strides,
      dilations: window.dilations,
      pads: window.pads,
      group: groups,
    },
  )
  return lowering.ordered(value, window.outputShape, CHANNELS_FIRST)
}

/**
 * True where a convolution runs over blocks of channels: 1.15 to 1.4 times as fast as ONNX
 * Runtime's Conv for 256 channels, 1.4 to 1.7 times for 64. Rearranging the kernel costs as much as
 * some pixels.
 */
function runsBlocked(lowering: Lowering, kernel: Value, { outputShape }: Window): boolean {
  const [n, height, width] = outputShape
  const [outChannels, inChannels] = kernel.shape
  const isLarge = n * height * width >= LEAST_BLOCKED_PIXELS
  return !kernel.constant && isLarge && canBlock(lowering, outChannels, inChannels)
}

/**
 * The gradient of a convolution by its input. Stride 1: the convolution of `dy` with the kernel
 * turned by 180 degrees, in and out exchanged (for 1x1: one matrix product); otherwise a
 * ConvTranspose.
 */
lower('Conv2DBackpropInput', (lowering, { inputs: { dy, filter }, attributes }) => {
  const inputShape = attributes.inputShape as number[]
  const window = convWindow(inputShape, filter.shape, attributes)
  const [n, h, w, channels] = inputShape
  const kernel = lowering.read(filter, KERNEL_ORDER)
  const outChannels = filter.shape[3]
  const gradient = lowering.read(dy, CHANNELS_FIRST)
  if (isPointwise(window)) {
    const matrix = lowering.reshape(kernel, [outChannels, channels])
    const columns = lowering.reshape(gradient, [n, outChannels, h * w])
    const product = matMul(lowering, matrix, columns, { transposeA: true })
    const value = lowering.reshape(product, [n, channels, h, w])
    return lowering.ordered(value, inputShape, CHANNELS_FIRST)
  }
  if (window.strides.every((stride) => stride === 1)) {
    const turned = turnedKernel(lowering, lowering.transpose(kernel, [1, 0, 2, 3]))
    return convolve(lowering, dy, turned, gradientWindow(window, dy.shape), 1)
  }
  return transposedConvolution(lowering, gradient, kernel, window, 1)
})

/** The window with which a stride-1 gradient `dy` is convolved to give the input's gradient. */
export function gradientWindow(window: Window, dyShape: readonly number[]): Window {
  const { kernel, dilations, pads } = window
  const reach = kernel.map((size, i) => (size - 1) * dilations[i])
  return {
    ...window,
    pads: [reach[0] - pads[0], reach[1] - pads[1], reach[0] - pads[2], reach[1] - pads[3]],
    inputShape: dyShape,
    outputShape: window.inputShape,
  }
}

/** A kernel `[a, b, kh, kw]` with its rows and columns reversed. */
export function turnedKernel(lowering: Lowering, kernel: Value): Value {
  const list = (value: number) => lowering.graph.int64s([value, value])
  return lowering.node(
    'Slice',
    [kernel, list(-1), list(-(2 ** 31)), lowering.graph.int64s([2, 3]), list(-1)],
    { dtype: kernel.dtype, shape: kernel.shape },
  )
}

/**
 * The gradient by the input of a strided convolution with `kernel` `[out, in / groups, kh, kw]`.
 */
export function transposedConvolution(
  lowering: Lowering,
  dy: Value,
  kernel: Value,
  window: Window,
  groups: number,
): Traced {
  const spatial = [1, 2].map((axis, i) => {
    const covered =
      (window.outputShape[axis] - 1) * window.strides[i] +
      (window.kernel[i] - 1) * window.dilations[i] +
      1
    return window.inputShape[axis] + window.pads[i] + window.pads[i + 2] - covered
  })
  const value = lowering.node(
    'ConvTranspose',
    [dy, kernel],
    { dtype: 'float32', shape: channelsFirst(window.inputShape) },
    {
      kernel_shape: window.kernel,
      strides: window.strides,
      dilations: window.dilations,
      pads: window.pads,
      output_padding: spatial,
      group: groups,
    },
  )
  return lowering.ordered(value, window.inputShape, CHANNELS_FIRST)
}

/**
 * The gradient of a convolution by its kernel: for each place in the kernel one matrix product of
 * `dy` with the pixels of `x` that this place saw.
 */
lower('Conv2DBackpropFilter', (lowering, { inputs: { x, dy }, attributes }) => {
  const filterShape = attributes.filterShape as number[]
  const window = convWindow(x.shape, filterShape, attributes)
  const [kh, kw, channels, outChannels] = filterShape
  const [n, ho, wo] = dy.shape
  const gradient = lowering.reshape(lowering.read(dy, CHANNELS_FIRST), [n, outChannels, ho * wo])
  const products: Value[] = []
  for (const seen of shiftedInputs(lowering, x, window)) {
    const pixels = lowering.reshape(seen, [n, channels, ho * wo])
    products.push(matMul(lowering, gradient, pixels, { transposeB: true })) // [n, out, in]
  }
  const stacked =
    products.length === 1
      ? products[0]
      : lowering.node(
          'Concat',
          products,
          { dtype: 'float32', shape: [n, outChannels, kh * kw * channels] },
          { axis: 2 },
        )
  const value = lowering.reshape(sumOverBatch(lowering, stacked), [outChannels, kh, kw, channels])
  return lowering.ordered(value, filterShape, GRADIENT_ORDER)
})

/** `[n, ...]` summed to `[1, ...]`; a batch of one is left as it is. */
export function sumOverBatch(lowering: Lowering, value: Value): Value {
  if (value.shape[0] === 1) return value
  const output = { dtype: value.dtype, shape: [1, ...value.shape.slice(1)] }
  return lowering.node('ReduceSum', [value, lowering.graph.int64s([0])], output, { keepdims: 1 })
}

/**
 * Input pixels for each place of the kernel, row by row: those that each output pixel sees there,
 * `n c h w`.
 */
function shiftedInputs(lowering: Lowering, x: Traced, window: Window): Value[] {
  const [n, , , channels] = x.shape
  const [, ho, wo] = window.outputShape
  if (isPointwise(window)) return [lowering.read(x, CHANNELS_FIRST)]
  const [top, left, bottom, right] = window.pads
  const first = lowering.ordered(lowering.read(x, CHANNELS_FIRST), x.shape, CHANNELS_FIRST)
  const noPad: [number, number] = [0, 0]
  const padded = padTraced(lowering, first, [noPad, [top, bottom], [left, right], noPad], 0)
  const shifted: Value[] = []
  for (let row = 0; row < window.kernel[0]; row++) {
    for (let column = 0; column < window.kernel[1]; column++) {
      const y = row * window.dilations[0]
      const z = column * window.dilations[1]
      const [sy, sx] = window.strides
      const end = [n, y + (ho - 1) * sy + 1, z + (wo - 1) * sx + 1, channels]
      const seen = sliceTraced(lowering, padded, [0, y, z, 0], end, [1, sy, sx, 1])
      shifted.push(seen.value)
    }
  }
  return shifted
}
