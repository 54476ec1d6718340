import test from 'ava'
import { trace } from '../../engine/trace/trace.js'
import { floats } from '../../host_tensor.js'
import { gelu } from '../../ops/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager, withGradients } from '../helpers/traced_equals_eager.js'

test('gelu(x) is x times the probability that a normal number is below x', (t) => {
  // The normal distribution at 0, 1, -1 and 2, from tables.
  const x = tf.tensor1d([0, 1, -1, 2])
  assertClose(t, gelu(x), [0, 0.8413447, -0.1586553, 2 * 0.9772499], 1e-6)
})

test('far from 0 it is x or 0', (t) => {
  assertClose(t, gelu(tf.tensor1d([40, -40])), [40, 0], 1e-6)
})

test('the slope is 1/2 at 0, and 1 and 0 far away', (t) => {
  const slope = tf.grad((x: tf.Tensor) => gelu(x))(tf.tensor1d([0, 40, -40]))
  assertClose(t, slope, [0.5, 1, 0], 1e-6)
})

test('the gradient is that of the composition of erf', (t) => {
  const x = tf.linspace(-4, 4, 33)
  const composed = (x: tf.Tensor) =>
    tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
  assertClose(t, tf.grad((x: tf.Tensor) => gelu(x))(x), tf.grad(composed)(x).dataSync(), 1e-6)
})

test('traced equals eager, with gradients', async (t) => {
  const values = Float32Array.from({ length: 60 }, (_, i) => (i - 30) / 7)
  await tracedEqualsEager(
    t,
    withGradients(({ x }: { x: tf.Tensor }) => gelu(x)),
    { x: floats(values, [5, 12]) },
  )
})

test('exported files spell it out in standard operators', (t) => {
  const { nodes } = trace('gelu', ({ x }: { x: tf.Tensor }) => ({ y: gelu(x) }), {
    x: { dtype: 'float32', shape: [5, 12] },
  })
  t.deepEqual(
    nodes.map(({ domain, op }) => domain + op),
    ['Div', 'Erf', 'Add', 'Mul', 'Mul'],
  )
})
