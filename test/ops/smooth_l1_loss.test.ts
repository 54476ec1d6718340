import test from 'ava'
import { floats } from '../../host_tensor.js'
import { l1Loss } from '../../ops/l1_loss.js'
import { smoothL1Loss } from '../../ops/smooth_l1_loss.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const differences = tf.tensor1d([-3, -1, -0.25, 0, 0.5, 1, 4])
const zeros = tf.zeros([7])
const ones = tf.ones([7])

test('it is a parabola below beta and a line above', (t) => {
  const each = Array.from(differences.dataSync()).map((d) =>
    smoothL1Loss(tf.scalar(d), tf.scalar(0), tf.scalar(1), 1).dataSync(),
  )
  assertClose(t, each, [2.5, 0.5, 0.03125, 0, 0.125, 0.5, 3.5])
  assertClose(t, smoothL1Loss(tf.scalar(0.1), tf.scalar(0), tf.scalar(1), 0.5), 0.01)
  assertClose(t, smoothL1Loss(tf.scalar(2), tf.scalar(0), tf.scalar(1), 0.5), 1.75)
})

test('the slope grows to 1 at beta and stays there', (t) => {
  const grad = tf.grad((x) => tf.mul(smoothL1Loss(x, zeros, ones, 2), 3))(differences)
  assertClose(t, grad, [-3, -1.5, -0.375, 0, 0.75, 1.5, 3])
})

test('with beta near 0 it is the L1 loss', (t) => {
  assertClose(t, smoothL1Loss(differences, zeros, ones, 1e-6), l1Loss(differences, zeros, ones))
})

test('with beta 0 it is the L1 loss exactly, with its slope', (t) => {
  const weights = tf.tensor1d([1, 2, 3, 4, 5, 6, 7])
  const [smooth, plain] = [
    tf.valueAndGrad((x) => smoothL1Loss(x, zeros, weights, 0))(differences),
    tf.valueAndGrad((x) => l1Loss(x, zeros, weights))(differences),
  ]
  assertClose(t, smooth.value, plain.value)
  assertClose(t, smooth.grad, plain.grad)
})

test('weights scale the rows they belong to', (t) => {
  const predictions = tf.tensor2d([2, 3, 4, 5], [2, 2])
  const weights = tf.tensor2d([1, 0], [2, 1])
  assertClose(t, smoothL1Loss(predictions, tf.zeros([2, 2]), weights), 1.5 + 2.5)
})

test('traced, value and gradient are as eager', async (t) => {
  const lossAndSlope = ({ x }: { x: tf.Tensor }) => {
    const { value, grad } = tf.valueAndGrad((x) => smoothL1Loss(x, zeros, ones, 0.7))(x)
    return { value, grad }
  }
  await tracedEqualsEager(t, lossAndSlope, { x: floats(differences.dataSync(), [7]) })
})
