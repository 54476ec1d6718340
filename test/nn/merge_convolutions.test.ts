import test from 'ava'
import { matrixProduct } from '../../deploy/reparameterize.js'
import {
  assignMerged,
  BatchNorm,
  Conv2d,
  foldBatchNorm,
  mergePointwise,
  unmerged,
} from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

function pointwise(weight: number[][], bias: number[]): Conv2d {
  const conv = new Conv2d({
    inChannels: weight[0].length,
    outChannels: weight.length,
    kernelSize: 1,
  })
  conv.weight.data = Float32Array.from(weight.flat())
  conv.bias!.data = Float32Array.from(bias)
  return conv
}

function normOf(weight: number[], bias: number[], mean: number[], variance: number[]): BatchNorm {
  const norm = new BatchNorm({ channels: weight.length, eps: 1e-6 })
  norm.weight.data = Float32Array.from(weight)
  norm.bias.data = Float32Array.from(bias)
  norm.running_mean.data = Float32Array.from(mean)
  norm.running_var.data = Float32Array.from(variance)
  return norm
}

test('the worked example: two 1x1 convolutions with their norms', async (t) => {
  const convA = pointwise(
    [
      [1, 2],
      [3, -1],
    ],
    [0.5, -0.5],
  )
  const convB = pointwise(
    [
      [2, 0],
      [1, -1],
      [0.5, 0.25],
    ],
    [0, 1, -1],
  )
  const first = foldBatchNorm(convA, normOf([1, 0.5], [0.1, -0.2], [0.3, -0.1], [4, 0.25]))
  assertClose(t, first.weight, [0.5, 1, 3, -1], 5e-6)
  assertClose(t, first.bias, [0.2, -0.6], 5e-6)

  const second = foldBatchNorm(
    convB,
    normOf([1, 2, 0.5], [0, 0.1, 0.2], [0.1, 0.2, 0.3], [1, 4, 0.25]),
  )
  assertClose(t, second.weight, [2, 0, 1, -1, 0.5, 0.25], 5e-6)
  assertClose(t, second.bias, [-0.1, 0.9, -1.1], 5e-6)

  const merged = await mergePointwise(first, second, matrixProduct)
  t.deepEqual(merged.shape, [3, 2, 1, 1])
  assertClose(t, merged.weight, [1, 2, -2.5, 2, 1, 0.25], 1e-5)
  assertClose(t, merged.bias, [0.3, 1.7, -1.15], 1e-5)
})

test('a padded 4x4 and a 1x1 convolution merge exactly, border included', async (t) => {
  const patches = { inChannels: 3, outChannels: 5, kernelSize: 4, stride: 3, padding: 1 }
  const first = new Conv2d(patches).initialize(1)
  const second = new Conv2d({ inChannels: 5, outChannels: 2, kernelSize: 1 }).initialize(2)
  first.bias!.data = Float32Array.of(1, 2, 3, 4, 5)
  const merged = new Conv2d({ ...patches, outChannels: 2 })
  assignMerged(merged, await mergePointwise(unmerged(first), unmerged(second), matrixProduct))
  const x = tf.randomNormal([1, 10, 13, 3], 0, 1, 'float32', 3) as tf.Tensor4D
  assertClose(t, merged.forward(x), second.forward(first.forward(x)), 1e-6)
})

test('a depthwise convolution without bias takes its bias from the norm', (t) => {
  const conv = new Conv2d({
    inChannels: 2,
    outChannels: 2,
    kernelSize: 3,
    padding: 1,
    groups: 2,
    bias: false,
  }).initialize(1)
  const norm = new BatchNorm({ channels: 2 })
  const merged = new Conv2d({ inChannels: 2, outChannels: 2, kernelSize: 3, padding: 1, groups: 2 })
  norm.running_mean.data = Float32Array.of(1, -2)
  norm.running_var.data = Float32Array.of(4, 0.5)
  norm.bias.data = Float32Array.of(0.5, 0.25)
  assignMerged(merged, foldBatchNorm(conv, norm))
  const x = tf.randomNormal([1, 4, 5, 2], 0, 1, 'float32', 3) as tf.Tensor4D
  assertClose(t, merged.forward(x), norm.forward(conv.forward(x)), 1e-6)
})
