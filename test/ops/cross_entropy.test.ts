import test from 'ava'
import { floats, ints } from '../../host_tensor.js'
import { softmaxCrossEntropy } from '../../ops/cross_entropy.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const rows = (...labels: number[]) => tf.tensor1d(labels, 'int32')
const ones = (count: number) => tf.ones([count]) as tf.Tensor1D

test('a row costs minus the log of the probability of its class', (t) => {
  const logits = tf.tensor2d([[Math.log(1), Math.log(2), Math.log(5)]]) // 1/8, 2/8, 5/8
  for (const [label, probability] of [1 / 8, 2 / 8, 5 / 8].entries()) {
    assertClose(t, softmaxCrossEntropy(logits, rows(label), ones(1)), -Math.log(probability))
  }
})

test('the slope is the probabilities, less 1 at the class, by the weight of the row', (t) => {
  const logits = tf.tensor2d([
    [Math.log(1), Math.log(3)],
    [0, 0],
  ])
  const loss = (x: tf.Tensor) =>
    softmaxCrossEntropy(x as tf.Tensor2D, rows(1, 0), tf.tensor1d([2, 0.5]))
  const { value, grad } = tf.valueAndGrad((x) => tf.mul(loss(x), 3))(logits)
  assertClose(t, value, 3 * (2 * Math.log(4 / 3) + 0.5 * Math.log(2)))
  assertClose(t, grad, [1.5, -1.5, -0.75, 0.75])
})

test('a constant added to a row changes nothing', (t) => {
  const logits = tf.tensor2d([1, -2, 3, 0.5, 0, -1], [2, 3])
  const loss = (x: tf.Tensor) => softmaxCrossEntropy(x as tf.Tensor2D, rows(2, 0), ones(2))
  const moved = tf.add(logits, tf.tensor2d([[7], [-3]]))
  assertClose(t, loss(moved), loss(logits))
  assertClose(t, tf.grad(loss)(moved), tf.grad(loss)(logits))
})

test('logits of +-1e4 give finite losses and gradients', (t) => {
  const logits = tf.tensor2d([1e4, -1e4, 1e4, -1e4], [2, 2])
  const { value, grad } = tf.valueAndGrad((x) =>
    softmaxCrossEntropy(x as tf.Tensor2D, rows(0, 1), ones(2)),
  )(logits)
  assertClose(t, value, 2e4)
  assertClose(t, grad, [0, 0, 1, -1])
})

test('a row of weight 0 has no loss and no gradient, whatever its label', (t) => {
  const logits = tf.tensor2d([1, -2, 3, 0.5], [2, 2])
  const loss = (x: tf.Tensor) =>
    softmaxCrossEntropy(x as tf.Tensor2D, rows(1, -2), tf.tensor1d([1, 0]))
  const { value, grad } = tf.valueAndGrad(loss)(logits)
  assertClose(t, value, softmaxCrossEntropy(tf.slice(logits, [0, 0], [1, 2]), rows(1), ones(1)))
  assertClose(t, tf.slice(grad, [1, 0], [1, 2]), [0, 0])
})

test('no rows have no loss', (t) => {
  const none = tf.zeros([0]) as tf.Tensor1D
  assertClose(t, softmaxCrossEntropy(tf.zeros([0, 81]), tf.cast(none, 'int32'), none), 0)
})

test('the gradient is the slope of the value', (t) => {
  const logits = [-2.5, -0.3, 0.4, 1.7, 3.1, -0.9]
  const loss = (values: number[]) =>
    softmaxCrossEntropy(tf.tensor2d(values, [2, 3]), rows(1, 2), tf.tensor1d([1, 0.7]))
  const step = 1e-2 // float32: rounding and curvature both cost about 1e-4
  const slopes = logits.map((_, i) => {
    const moved = (by: number) => loss(logits.map((x, j) => (i === j ? x + by : x))).dataSync()[0]
    return (moved(step) - moved(-step)) / (2 * step)
  })
  const gradient = tf.grad((x) =>
    softmaxCrossEntropy(x as tf.Tensor2D, rows(1, 2), tf.tensor1d([1, 0.7])),
  )(tf.tensor2d(logits, [2, 3]))
  assertClose(t, gradient, slopes, 1e-3)
})

test('traced, value and gradient are as eager', async (t) => {
  const lossAndSlope = (inputs: Record<'logits' | 'labels' | 'weights', tf.Tensor>) => {
    const { logits, labels, weights } = inputs
    const { value, grad } = tf.valueAndGrad((x) =>
      softmaxCrossEntropy(x as tf.Tensor2D, labels as tf.Tensor1D, weights as tf.Tensor1D),
    )(logits)
    return { value, grad }
  }
  const logits = Float32Array.from({ length: 60 }, (_, i) => 6 * Math.sin(i))
  await tracedEqualsEager(t, lossAndSlope, {
    logits: floats(logits, [12, 5]),
    labels: ints(
      Array.from({ length: 12 }, (_, i) => (i % 7) - 2),
      [12],
    ),
    weights: floats(
      Array.from({ length: 12 }, (_, i) => (i % 7 < 2 ? 0 : 1 + i / 10)),
      [12],
    ),
  })
})
