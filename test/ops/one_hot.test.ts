import test from 'ava'
import { ints } from '../../host_tensor.js'
import { oneHot } from '../../ops/one_hot.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

test.before(() => tf.setBackend('cpu'))

const rows = (...labels: number[]) => tf.tensor1d(labels, 'int32')

test('1 stands at the label, 0 elsewhere', (t) => {
  const marked = oneHot(rows(2, 0), 3)
  t.deepEqual(marked.shape, [2, 3])
  assertClose(t, marked, [0, 0, 1, 1, 0, 0])
})

test('of a single class, too', (t) => {
  const marked = oneHot(rows(0, -1, 0), 1)
  t.deepEqual(marked.shape, [3, 1])
  assertClose(t, marked, [1, 0, 1])
})

test('a label outside of the classes has a row of 0', (t) => {
  assertClose(t, oneHot(rows(-1, -2, 3), 3), [0, 0, 0, 0, 0, 0, 0, 0, 0])
})

test('from two classes on it is what TensorFlow.js gives', (t) => {
  const labels = rows(1, 4, 0, -1, 2)
  assertClose(t, oneHot(labels, 5), tf.oneHot(labels, 5))
})

test('no labels have no rows', (t) => {
  t.deepEqual(oneHot(tf.tensor1d([], 'int32'), 4).shape, [0, 4])
})

for (const depth of [1, 2, 6]) {
  test(`traced it is as eager, ${depth} deep`, async (t) => {
    const fn = ({ labels }: { labels: tf.Tensor }) => ({ y: oneHot(labels as tf.Tensor1D, depth) })
    await tracedEqualsEager(t, fn, { labels: ints([0, 3, -1, 1, 0], [5]) })
  })
}
