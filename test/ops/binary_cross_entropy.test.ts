import test from 'ava'
import { floats } from '../../host_tensor.js'
import { binaryCrossEntropy } from '../../ops/binary_cross_entropy.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const logits = tf.tensor1d([0, 2, -1.5, 0.7])
const targets = tf.tensor1d([1, 1, 0, 0])
const weights = tf.tensor1d([1, 0.5, 3, 0])

test('losses are -ln p of what is there and -ln (1 - p) of what is not, each with its weight', (t) => {
  // ln 2; -ln sigmoid(2) = 0.126928; -ln (1 - sigmoid(-1.5)) = 0.2014133.
  const expected = Math.LN2 + 0.5 * 0.126928 + 3 * 0.2014133
  assertClose(t, binaryCrossEntropy(logits, targets, weights), expected, 1e-6)
})

test('the slope is the probability less the target', (t) => {
  const grad = tf.grad((x) => tf.mul(binaryCrossEntropy(x, targets, weights), 2))(logits)
  assertClose(t, grad, [-1, -0.1192029, 6 * 0.1824255, 0], 1e-6)
})

test('the gradient is the slope of the value', (t) => {
  const step = 1e-2
  const loss = (x: tf.Tensor) => binaryCrossEntropy(x, targets, weights)
  const slopes = Array.from({ length: 4 }, (_, i) => {
    const shift = tf.oneHot(i, 4).mul(step)
    const [more, less] = [loss(tf.add(logits, shift)), loss(tf.sub(logits, shift))]
    return (more.dataSync()[0] - less.dataSync()[0]) / (2 * step)
  })
  assertClose(t, tf.grad(loss)(logits), slopes, 2e-4) // float32 over 2e-2
})

test('turning logits and targets round changes nothing', (t) => {
  const turned = binaryCrossEntropy(tf.neg(logits), tf.sub(1, targets), weights)
  assertClose(t, turned, binaryCrossEntropy(logits, targets, weights))
})

test('logits of +-100 give finite losses and gradients, and small losses keep their digits', (t) => {
  const sure = tf.tensor1d([100, -100, 100, -100, 12])
  const { value, grad } = tf.valueAndGrad((x) =>
    binaryCrossEntropy(x, tf.tensor1d([1, 1, 0, 0, 1]), tf.tensor1d([1, 1, 1, 1, 0])),
  )(sure)
  assertClose(t, value, 200)
  assertClose(t, grad, [0, -1, 1, 0, 0])
  const small = binaryCrossEntropy(tf.scalar(12), tf.scalar(1), tf.scalar(1)).dataSync()[0]
  assertClose(t, small / 6.1441935e-6, 1, 1e-2) // 12 + 6e-6 would round to 12
})

test('weights are broadcast', (t) => {
  const rows = tf.reshape(logits, [2, 2])
  const loss = (x: tf.Tensor) =>
    binaryCrossEntropy(x, tf.reshape(targets, [2, 2]), tf.tensor2d([[2], [0]]))
  assertClose(t, loss(rows), 2 * (Math.LN2 + 0.126928))
  assertClose(t, tf.grad(loss)(rows), [-1, -0.2384058, 0, 0])
})

test('nothing has no loss', (t) => {
  const empty = tf.zeros([0, 3])
  assertClose(t, binaryCrossEntropy(empty, empty, tf.zeros([0, 1])), 0)
})

test('traced, value and gradient are as eager', async (t) => {
  const lossAndSlope = ({ x, y, w }: Record<'x' | 'y' | 'w', tf.Tensor>) => {
    const { value, grad } = tf.valueAndGrad((x) => binaryCrossEntropy(x, y, w))(x)
    return { value, grad }
  }
  await tracedEqualsEager(t, lossAndSlope, {
    x: floats(
      Array.from({ length: 24 }, (_, i) => 5 * Math.sin(i)),
      [2, 3, 4],
    ),
    y: floats(
      Array.from({ length: 24 }, (_, i) => i % 2),
      [2, 3, 4],
    ),
    w: floats([1, 0, 1, 0.5, 2, 1], [2, 3, 1]),
  })
})
