import test from 'ava'
import { adaptiveAveragePool } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager, withGradients } from '../helpers/traced_equals_eager.js'

test('bins that divide the map are plain averages', (t) => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 4, 1])
  assertClose(t, adaptiveAveragePool(x, 2), [1.5, 3.5, 5.5, 7.5])
})

test('bins of other sizes overlap, each an average of its own cells', (t) => {
  const x = tf.tensor4d([3, 6, 9, 1, 5, 0], [1, 3, 2, 1])
  // Rows 0 and 1, then 1 and 2, of either column.
  assertClose(t, adaptiveAveragePool(x, 2), [6, 3.5, 7, 0.5])
})

test('a map of the size is left as it is, a smaller one repeated', (t) => {
  const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])
  t.is(adaptiveAveragePool(x, 2), x)
  assertClose(t, adaptiveAveragePool(x, 4), [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
})

test('traced equals eager, with gradients', async (t) => {
  const data = Float32Array.from({ length: 2 * 5 * 7 * 3 }, (_, i) => Math.sin(5 * i))
  const y = withGradients(({ x }: { x: tf.Tensor }) => adaptiveAveragePool(x as tf.Tensor4D, 3))
  await tracedEqualsEager(t, y, { x: { dtype: 'float32', shape: [2, 5, 7, 3], data } })
})
