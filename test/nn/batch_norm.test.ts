import test from 'ava'
import { ConfigError } from '../../errors.js'
import { floats } from '../../host_tensor.js'
import { BatchNorm, functionalCall, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

function normWith(options: { frozen?: boolean } = {}): BatchNorm {
  const norm = new BatchNorm({ channels: 2, eps: 1e-3, momentum: 0.1, ...options })
  norm.weight.data = Float32Array.of(2, 0.5)
  norm.bias.data = Float32Array.of(1, -1)
  norm.running_mean.data = Float32Array.of(3, -2)
  norm.running_var.data = Float32Array.of(4, 0.25)
  return norm
}

/** The composition that `BatchNorm` spells in closed form. */
function plain(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps: number): tf.Tensor {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis)
  const centred = tf.sub(x, tf.mean(x, axes))
  const variance = tf.mean(tf.square(centred), axes)
  const normal = tf.div(centred, tf.sqrt(tf.add(variance, eps)))
  return tf.add(tf.mul(normal, weight), bias)
}

test('evaluation uses the running statistics', (t) => {
  const norm = normWith()
  const x = tf.tensor4d([5, -2, 1, -1], [1, 1, 2, 2])
  const [s0, s1] = [2 / Math.sqrt(4.001), 0.5 / Math.sqrt(0.251)]
  assertClose(t, norm.forward(x), [1 + 2 * s0, -1, 1 - 2 * s0, -1 + s1])
  t.deepEqual([...norm.running_mean.data], [3, -2])
})

test('training normalises by the biased variance and gathers the unbiased one', (t) => {
  const norm = normWith()
  // Channel 0: 1 2 3 6, mean 3, squares 4 1 0 9: biased 3.5, unbiased 14 / 3. Channel 1: constant.
  const x = tf.tensor4d([1, 7, 2, 7, 3, 7, 6, 7], [2, 2, 1, 2])
  const s = 2 / Math.sqrt(3.501)
  const y = norm.forward(x, { training: true })
  assertClose(t, y, [1 - 2 * s, -1, 1 - s, -1, 1, -1, 1 + 3 * s, -1])
  assertClose(t, norm.running_mean.data, [0.9 * 3 + 0.1 * 3, 0.9 * -2 + 0.1 * 7])
  assertClose(t, norm.running_var.data, [0.9 * 4 + (0.1 * 14) / 3, 0.9 * 0.25])
})

for (const [rank, shape] of Object.entries({ 4: [3, 4, 5, 2], 2: [7, 2] })) {
  test(`values and gradients equal the plain composition on rank ${rank}`, (t) => {
    const norm = normWith()
    const x = tf.add(tf.mul(tf.randomNormal(shape, 0, 1, 'float32', 1), 3), [2, -40])
    const seed = tf.randomNormal(shape, 0, 1, 'float32', 2)
    const loss = (f: (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) => tf.Tensor) =>
      tf.grads((x, weight, bias) => tf.sum(tf.mul(tf.square(f(x, weight, bias)), seed)))

    const closed = loss((x, weight, bias) => {
      const { running_mean, running_var } = norm
      const values = {
        weight,
        bias,
        running_mean: running_mean.value,
        running_var: running_var.value,
      }
      return functionalCall(norm, values, () => norm.forward(x, { training: true })).result
    })
    const composed = loss((x, weight, bias) => plain(x, weight, bias, norm.eps))
    const inputs = [x, norm.weight.value, norm.bias.value]
    const expected = composed(inputs)
    for (const [i, gradient] of closed(inputs).entries()) {
      t.deepEqual(gradient.shape, inputs[i].shape)
      assertClose(t, gradient, expected[i], 1e-4)
    }
  })
}

test('training, with gradients and statistics, is the same traced', async (t) => {
  const norm = normWith()
  const inputs = Object.fromEntries(
    norm.namedParameters().map(([name, p]) => [name, floats(p.data, p.shape)]),
  )
  const random = new Random(1)
  const x = Float32Array.from({ length: 2 * 3 * 5 * 2 }, () => 3 * random.normal() + 5)
  const step = ({ x, ...values }: Record<string, tf.Tensor>) => {
    let updates: Record<string, tf.Tensor> = {}
    const { value, grads } = tf.valueAndGrads((x, weight, bias) => {
      const call = functionalCall(norm, { ...values, weight, bias }, () =>
        norm.forward(x, { training: true }),
      )
      updates = call.updates
      return tf.sum(tf.mul(tf.square(call.result), x)) as tf.Scalar
    })([x, values.weight, values.bias])
    return { value, grads, updates }
  }
  await tracedEqualsEager(t, step, { ...inputs, x: floats(x, [2, 3, 5, 2]) })
})

test('a large mean does not cancel in the variance', (t) => {
  const norm = new BatchNorm({ channels: 1, momentum: 1, eps: 0 })
  // E[x^2] - mean^2 would be off by thousands of times the variance here.
  const x = tf.tensor2d([[9999], [10000], [10001], [10000]])
  norm.forward(x, { training: true })
  assertClose(t, norm.running_var.data, [2 / 3])
})

test('functionalCall returns the updated statistics and leaves the module alone', (t) => {
  const norm = normWith()
  const values = Object.fromEntries(norm.namedParameters().map(([name, p]) => [name, p.value]))
  const x = tf.tensor2d([
    [1, 0],
    [3, 2],
  ])
  const { updates } = functionalCall(norm, values, () => norm.forward(x, { training: true }))
  t.deepEqual(Object.keys(updates), ['running_mean', 'running_var'])
  assertClose(t, updates.running_mean, [2.9, -1.7])
  assertClose(t, updates.running_var, [3.8, 0.425])
  t.deepEqual([...norm.running_mean.data], [3, -2])
})

test('a frozen norm trains its scale and shift on running statistics', (t) => {
  const norm = normWith({ frozen: true })
  const x = tf.tensor2d([
    [5, -2],
    [1, -1],
  ])
  assertClose(t, norm.forward(x, { training: true }), norm.forward(x))
  t.deepEqual([...norm.running_var.data], [4, 0.25])
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(norm.forward(x, { training: true })))(x)
  const [s0, s1] = [2 / Math.sqrt(4.001), 0.5 / Math.sqrt(0.251)]
  assertClose(t, gradient, [s0, s1, s0, s1])
})

test('running statistics are buffers under PyTorch names', (t) => {
  const trainable = normWith()
    .namedParameters()
    .map(([name, parameter]) => [name, parameter.trainable])
  t.deepEqual(trainable, [
    ['weight', true],
    ['bias', true],
    ['running_mean', false],
    ['running_var', false],
  ])
})

test('training leaks no tensors', (t) => {
  const norm = normWith()
  const x = tf.keep(tf.ones([4, 2]))
  const step = () =>
    tf.tidy(() => {
      const y = norm.forward(x, { training: true })
      return y.dataSync()[0]
    })
  step()
  tf.tidy(() => norm.running_mean.value) // the eager copies of parameters come back at the next use
  step()
  const before = tf.memory().numTensors
  step()
  t.is(tf.memory().numTensors, before)
})

test('one value a channel cannot be trained on', (t) => {
  const error = t.throws(() => normWith().forward(tf.ones([1, 1, 1, 2]), { training: true }), {
    instanceOf: ConfigError,
  })
  t.is(
    error.message,
    'BatchNorm is to train on [1,1,1,2], 1 value a channel, which has no variance; ' +
      'use a larger batch or larger images, or freeze the norm (normEval)',
  )
})
