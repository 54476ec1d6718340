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
} from './conv.js'

/** `kh kw c multiplier` kept as `c multiplier kh kw`. */
const KERNEL_ORDER: Order = [2, 3, 0, 1]

/** The kernel as ONNX wants it, `[c * multiplier, 1, kh, kw]`. */
function groupedKernel(lowering: Lowering, filter: Traced): Value {
  const [kh, kw, channels, multiplier] = filter.shape
  return lowering.reshape(lowering.read(filter, KERNEL_ORDER), [channels * multiplier, 1, kh, kw])
}

lower('DepthwiseConv2dNative', (lowering, { inputs: { x, filter }, attributes }) => {
  const window = convWindow(x.shape, filter.shape, attributes, true)
  return convolve(lowering, x, groupedKernel(lowering, filter), window, x.shape[3])
})

lower('DepthwiseConv2dNativeBackpropInput', (lowering, { inputs: { dy, filter }, attributes }) => {
  const inputShape = attributes.inputShape as number[]
  const window = convWindow(inputShape, filter.shape, attributes, true)
  const channels = inputShape[3]
  const kernel = groupedKernel(lowering, filter)
  const simple = window.strides.every((stride) => stride === 1) && filter.shape[3] === 1
  if (simple) {
    const turned = turnedKernel(lowering, kernel)
    return convolve(lowering, dy, turned, gradientWindow(window, dy.shape), channels)
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
  const perImage = lowering.reshape(products, [n, channels * kh * kw])
  const value = lowering.reshape(sumOverBatch(lowering, perImage), [channels, 1, kh, kw])
  return lowering.ordered(value, filterShape, KERNEL_ORDER)
})
