import test from 'ava'
import { floats } from '../../host_tensor.js'
import { l1Loss } from '../../ops/l1_loss.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const predictions = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])
const targets = tf.tensor2d([1, 4, 0, 0, 9, 9], [3, 2])
const weights = tf.tensor2d([1, 0.5, 0], [3, 1])

test('differences are summed with the weight of their row', (t) => {
  assertClose(t, l1Loss(predictions, targets, weights), 2 + 0.5 * 7)
})

test('the slope is the sign of the difference, and 0 at 0', (t) => {
  const grad = tf.grad((x) => tf.mul(l1Loss(x, targets, weights), 2))(predictions)
  assertClose(t, grad, [0, -2, 1, 1, 0, 0])
})

test('nothing has no loss', (t) => {
  assertClose(t, l1Loss(tf.zeros([0, 4]), tf.zeros([0, 4]), tf.zeros([0, 1])), 0)
})

test('traced, value and gradient are as eager', async (t) => {
  const lossAndSlope = ({ x, y, w }: Record<'x' | 'y' | 'w', tf.Tensor>) => {
    const { value, grad } = tf.valueAndGrad((x) => l1Loss(x, y, w))(x)
    return { value, grad }
  }
  await tracedEqualsEager(t, lossAndSlope, {
    x: floats(predictions.dataSync(), [3, 2]),
    y: floats(targets.dataSync(), [3, 2]),
    w: floats(weights.dataSync(), [3, 1]),
  })
})
