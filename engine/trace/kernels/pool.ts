import { sizeOf } from '../../../host_tensor.js'
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

/**
 * Puts each gradient where the maximum was found: the first one of equals, as PyTorch does. Where
 * windows overlap, a place may be the maximum of several, whose gradients are added.
 *
 * MaxUnpool has no kernel on CUDA, so that only graphs for CPUs ask for it.
 */
lower('MaxPoolGrad', (lowering, { inputs: { dy, input }, attributes }) => {
  const window = poolWindow(input.shape, attributes)
  const gradient = lowering.read(dy, CHANNELS_FIRST)
  const indices = indicesOf(lowering, maxPool(lowering, input, window).value)
  const overlaps = window.strides.some((stride, i) => stride < window.kernel[i])
  const value =
    overlaps || lowering.target === 'portable'
      ? placeAtIndices(lowering, gradient, indices, window, overlaps)
      : unpool(lowering, gradient, indices, window)
  return lowering.ordered(value, input.shape, CHANNELS_FIRST)
})

function unpool(lowering: Lowering, gradient: Value, indices: Value, window: Window): Value {
  const shape = channelsFirst(window.inputShape)
  return lowering.node(
    'MaxUnpool',
    [gradient, indices, lowering.graph.int64s(shape)],
    { dtype: 'float32', shape },
    poolAttributes(window),
  )
}

/**
 * Each window's gradient at the index of its maximum; where windows overlap, added in their order.
 */
function placeAtIndices(
  lowering: Lowering,
  gradient: Value,
  indices: Value,
  window: Window,
  overlaps: boolean,
): Value {
  const shape = channelsFirst(window.inputShape)
  const size = [sizeOf(shape)]
  const zeros = lowering.expand(lowering.graph.float(0, [1]), size)
  const count = [sizeOf(gradient.shape)]
  const sums = lowering.node(
    'ScatterElements',
    [zeros, lowering.reshape(indices, count), lowering.reshape(gradient, count)],
    { dtype: 'float32', shape: size },
    overlaps ? { axis: 0, reduction: 'add' } : { axis: 0 },
  )
  return lowering.reshape(sums, shape)
}

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
