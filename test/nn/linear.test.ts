import test from 'ava'
import { floats } from '../../host_tensor.js'
import { functionalCall, Linear, normal, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

test('each output is the product of its row of weights, and its bias', (t) => {
  const layer = new Linear({ inFeatures: 3, outFeatures: 2 })
  layer.weight.data = Float32Array.of(1, 2, 3, -1, 0, 0.5)
  layer.bias!.data = Float32Array.of(10, 20)
  const y = layer.forward(
    tf.tensor2d([
      [1, 1, 1],
      [2, 0, -4],
    ]),
  )
  assertClose(t, y, [16, 19.5, 0, 16])
})

test('without bias there is no such parameter', (t) => {
  const layer = new Linear({ inFeatures: 3, outFeatures: 2, bias: false })
  t.deepEqual(
    layer.namedParameters().map(([name, { shape }]) => [name, shape]),
    [['weight', [2, 3]]],
  )
  assertClose(t, layer.forward(tf.zeros([4, 3])), Array(8).fill(0))
})

test('a fresh layer has weights within 1 / sqrt(in), as in PyTorch, and no bias', (t) => {
  const layer = new Linear({ inFeatures: 400, outFeatures: 10 }).initialize(3)
  const largest = layer.weight.data.reduce((max, w) => Math.max(max, Math.abs(w)), 0)
  t.true(largest <= 0.05 && largest > 0.049, `${largest}`)
  t.deepEqual([...layer.bias!.data], Array(10).fill(0))
})

test('the same traced, with all gradients', async (t) => {
  const layer = new Linear({ inFeatures: 5, outFeatures: 4 })
  const random = new Random(1)
  const draw = (shape: readonly number[]) => floats(normal(1)(shape, random), shape)
  const inputs = { x: draw([3, 5]), weight: draw([4, 5]), bias: draw([4]) }
  const valueAndGradients = ({ x, weight, bias }: Record<keyof typeof inputs, tf.Tensor>) =>
    tf.valueAndGrads((x, weight, bias) => {
      const call = () => tf.sum(tf.square(layer.forward(x as tf.Tensor2D))) as tf.Scalar
      return functionalCall(layer, { weight, bias }, call).result
    })([x, weight, bias])
  await tracedEqualsEager(t, valueAndGradients, inputs)
})
