import type { Node, Value } from '../graph.js'
import { type KernelCall, type Lowering, lower, type Traced } from '../lowering.js'
import { CHANNELS_FIRST, convWindow, type Window } from './conv.js'

function poolWindow(inputShape: readonly number[], attributes: KernelCall['attributes']): Window {
  const size = attributes.filterSize as number | [number, number]
  const [kh, kw] = typeof size === 'number' ? [size, size] : size
  return convWindow(inputShape, [kh, kw, inputShape[3], 1], { ...attributes, dilations: 1 }, true)
}

function poolAttributes(window: Window) {
  return { kernel_shape: window.kernel, strides: window.strides, pads: window.pads }
}

function channelsFirst([n, h, w, c]: readonly number[]): number[] {
  return [n, c, h, w]
}

lower('MaxPool', (lowering, { inputs: { x }, attributes }) => {
  const window = poolWindow(x.shape, attributes)
  return maxPool(lowering, x, window)
})

function maxPool(lowering: Lowering, x: Traced, window: Window): Traced {
  const value = lowering.node(
    'MaxPool',
    [lowering.read(x, CHANNELS_FIRST)],
    { dtype: 'float32', shape: channelsFirst(window.outputShape) },
    poolAttributes(window),
  )
  return lowering.ordered(value, window.outputShape, CHANNELS_FIRST)
}

/** Puts each gradient where the maximum was found: the first one of equals, as PyTorch does. */
lower('MaxPoolGrad', (lowering, { inputs: { dy, input }, attributes }) => {
  const window = poolWindow(input.shape, attributes)
  if (window.strides.some((stride, i) => stride < window.kernel[i])) {
    throw new Error('the gradient of max pooling is traced for windows that do not overlap only')
  }
  const pooled = maxPool(lowering, input, window).value
  const value = lowering.node(
    'MaxUnpool',
    [
      lowering.read(dy, CHANNELS_FIRST),
      indicesOf(lowering, pooled),
      lowering.graph.int64s(channelsFirst(input.shape)),
    ],
    { dtype: 'float32', shape: channelsFirst(input.shape) },
    poolAttributes(window),
  )
  return lowering.ordered(value, input.shape, CHANNELS_FIRST)
})

/** The second output of a MaxPool: the place of each maximum in its flattened input. */
function indicesOf(lowering: Lowering, pooled: Value): Value {
  const node = pooled.producer as Node
  return node.outputs[1] ?? lowering.graph.addOutput(node, { dtype: 'int64', shape: pooled.shape })
}

lower('AvgPool', (lowering, { inputs: { x }, attributes }) => {
  const window = poolWindow(x.shape, attributes)
  const value = lowering.node(
    'AveragePool',
    [lowering.read(x, CHANNELS_FIRST)],
    { dtype: 'float32', shape: channelsFirst(window.outputShape) },
    { ...poolAttributes(window), count_include_pad: 0 },
  )
  return lowering.ordered(value, window.outputShape, CHANNELS_FIRST)
})
