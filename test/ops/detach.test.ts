import test from 'ava'
import { floats } from '../../host_tensor.js'
import { detach } from '../../ops/detach.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const x = tf.tensor1d([3, -1, 2])

/** Each value times the two largest, of which only the first factor is differentiated. */
const timesLargest = (x: tf.Tensor) =>
  tf.sum(tf.mul(tf.expandDims(x, 1), tf.topk(detach(x), 2).values)) as tf.Scalar

test('values pass, gradients do not', (t) => {
  assertClose(t, detach(x), [3, -1, 2])
  assertClose(t, tf.grad((x) => tf.mul(detach(x), x))(x), [3, -1, 2])
  const constant = (x: tf.Tensor) => tf.add(tf.sum(tf.square(detach(x))), tf.mul(0, tf.sum(x)))
  assertClose(t, tf.grad(constant)(x), [0, 0, 0])
})

test('operations on either side of it need no gradient', (t) => {
  assertClose(t, timesLargest(x), 4 * 5)
  assertClose(t, tf.grad(timesLargest)(x), [5, 5, 5])
  const behind = (x: tf.Tensor) => tf.mul(detach(tf.topk(x, 2).values), tf.sum(x))
  assertClose(t, tf.grad(behind)(x), [5, 5, 5])
  const attached = (x: tf.Tensor) => tf.sum(tf.topk(x, 2).values)
  t.throws(() => tf.grad(attached)(x), { message: /gradient function not found for TopK/ })
})

test('what depends on it alone depends on nothing', (t) => {
  t.throws(() => tf.grad((x) => tf.sum(detach(x)))(x), { message: /Cannot compute gradient/ })
})

test('traced, value and gradient are as eager', async (t) => {
  const valueAndSlope = ({ x }: { x: tf.Tensor }) => {
    const { value, grad } = tf.valueAndGrad(timesLargest)(x)
    return { value, grad }
  }
  await tracedEqualsEager(t, valueAndSlope, { x: floats(x.dataSync(), [3]) })
})
