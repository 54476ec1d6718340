import test from 'ava'
import { BatchNorm, Conv2d, convNorm } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

function pair(bias: boolean, frozen: boolean): [Conv2d, BatchNorm] {
  const sizes = { inChannels: 3, outChannels: 4, kernelSize: 3, stride: 2, padding: 1 }
  const conv = new Conv2d({ ...sizes, bias }).initialize(1)
  const norm = new BatchNorm({ channels: 4, eps: 0.5, frozen })
  norm.weight.data = Float32Array.of(1, -2, 0.5, 3)
  norm.bias.data = Float32Array.of(0.1, 0.2, -0.3, 0)
  norm.running_mean.data = Float32Array.of(0.5, 0, -1, 2)
  norm.running_var.data = Float32Array.of(1, 4, 0.1, 2)
  if (conv.bias) conv.bias.data = Float32Array.of(1, -1, 2, 0.5)
  return [conv, norm]
}

const x = tf.randomNormal([2, 7, 6, 3], 0, 1, 'float32', 5) as tf.Tensor4D

for (const bias of [false, true]) {
  test(`${bias ? 'with' : 'without'} a bias: as the norm after the convolution, with gradients`, (t) => {
    const [conv, norm] = pair(bias, true)
    const weights = tf.randomNormal([2, 4, 3, 4], 0, 1, 'float32', 6)
    const parameters = [conv.weight, norm.weight, norm.bias, ...(conv.bias ? [conv.bias] : [])]
    const gradientsOf = (forward: (x: tf.Tensor4D) => tf.Tensor) =>
      tf.grads((x, ...values) => {
        for (const [i, parameter] of parameters.entries()) parameter.substituteWith(values[i])
        return tf.sum(tf.mul(forward(x as tf.Tensor4D), weights))
      })([x, ...parameters.map(({ value }) => value)])
    const options = { training: true }
    const folded = gradientsOf((x) => convNorm(x, [conv, norm], options))
    const plain = gradientsOf((x) => norm.forward(conv.forward(x), options))
    for (const [i, gradient] of folded.entries()) assertClose(t, gradient, plain[i])
    for (const parameter of parameters) parameter.release()
    assertClose(t, convNorm(x, [conv, norm], options), norm.forward(conv.forward(x), options))
  })
}

test('a norm that trains uses and gathers the statistics of the batch', (t) => {
  const [conv, norm] = pair(false, false)
  const [sameConv, sameNorm] = pair(false, false)
  const expected = sameNorm.forward(sameConv.forward(x), { training: true })
  assertClose(t, convNorm(x, [conv, norm], { training: true }), expected)
  assertClose(t, norm.running_mean.data, sameNorm.running_mean.data)
  t.notDeepEqual([...norm.running_mean.data], [0.5, 0, -1, 2])
})
