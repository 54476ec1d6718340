import test from 'ava'
import { floats } from '../../host_tensor.js'
import { ConvTranspose2d, functionalCall, joinPatches, normal, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const layerOf = (kernelSize = 2, inChannels = 2, outChannels = 3) =>
  new ConvTranspose2d({ inChannels, outChannels, kernelSize, stride: kernelSize })

test('each pixel becomes a patch: the kernel scaled by it', (t) => {
  const layer = layerOf(2, 1, 1)
  layer.weight.data = Float32Array.of(1, 2, 3, 4)
  layer.bias!.data = Float32Array.of(0.5)
  const y = layer.forward(tf.tensor4d([10, 100], [1, 1, 2, 1]))
  t.deepEqual(y.shape, [1, 2, 4, 1])
  assertClose(t, y, [10.5, 20.5, 100.5, 200.5, 30.5, 40.5, 300.5, 400.5])
})

for (const k of [1, 2, 3]) {
  test(`kernel ${k}: as the transposed convolution of TensorFlow.js`, (t) => {
    const layer = layerOf(k).initialize(k)
    layer.bias!.data = Float32Array.of(1, -2, 3)
    const random = new Random(9)
    const x = tf.tensor4d(normal(1)([2, 4, 5, 2], random), [2, 4, 5, 2])
    const kernel = tf.transpose(layer.weight.value as tf.Tensor4D, [2, 3, 1, 0]) // k k out in
    const product = tf.conv2dTranspose(x, kernel, [2, 4 * k, 5 * k, 3], k, 'valid')
    const y = layer.forward(x)
    t.deepEqual(y.shape, [2, 4 * k, 5 * k, 3])
    assertClose(t, y, tf.add(product, layer.bias!.value))
  })
}

test('pixels of patches come place by place, and joinPatches puts them side by side', (t) => {
  const image = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 4, 1])
  const pixels = tf.tensor4d([0, 2, 1, 3, 4, 6, 5, 7], [4, 1, 2, 1])
  assertClose(t, joinPatches(pixels, 2), image)
  const two = tf.concat([pixels, tf.add(pixels, 10)]) as tf.Tensor4D
  assertClose(t, joinPatches(two, 2), tf.concat([image, tf.add(image, 10)]))
})

test('a fresh layer has weights within 1 / sqrt(out k k), as in PyTorch, and no bias', (t) => {
  const { data } = layerOf(2, 100, 25).initialize(3).weight
  const largest = data.reduce((max, w) => Math.max(max, Math.abs(w)), 0)
  t.true(largest <= 0.1 && largest > 0.099, `${largest}`)
})

test('the same traced, with all gradients', async (t) => {
  const layer = layerOf()
  const random = new Random(1)
  const draw = (shape: readonly number[]) => floats(normal(1)(shape, random), shape)
  const inputs = { x: draw([2, 3, 4, 2]), weight: draw([2, 3, 2, 2]), bias: draw([3]) }
  const valueAndGradients = ({ x, weight, bias }: Record<keyof typeof inputs, tf.Tensor>) =>
    tf.valueAndGrads((x, weight, bias) => {
      const squares = (y: tf.Tensor) => tf.sum(tf.square(tf.sub(y, 1))) as tf.Scalar
      const call = () => squares(layer.forward(x as tf.Tensor4D))
      return functionalCall(layer, { weight, bias }, call).result
    })([x, weight, bias])
  await tracedEqualsEager(t, valueAndGradients, inputs)
})

test('kernels that overlap are refused', (t) => {
  const error = t.throws(
    () => new ConvTranspose2d({ inChannels: 8, outChannels: 8, kernelSize: 3, stride: 2 }),
  )
  t.is(
    error.message,
    'ConvTranspose2d: stride is 2 for kernels of 3 x 3; use the same number for both',
  )
})
