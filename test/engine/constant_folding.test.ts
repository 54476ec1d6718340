import test from 'ava'
import { trace } from '../../engine/index.js'
import { floats } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const known = (seed: number, shape: number[]) => {
  const size = shape.reduce((product, side) => product * side, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => 1.5 + Math.sin(seed + i)),
    shape,
  )
}

/** A kernel with a norm's scale, as `nn/conv_norm.ts` folds it: `[3, 3, 2, 4]`. */
function foldedKernel(): tf.Tensor4D {
  const kernel = tf.transpose(known(1, [4, 2, 3, 3]), [2, 3, 1, 0])
  const scale = tf.div(known(2, [4]), tf.sqrt(tf.add(known(3, [4]), 1e-5)))
  return tf.mul(kernel, tf.sub(scale, tf.mul(known(4, [4]), 0.1))) as tf.Tensor4D
}

test('a kernel made of known numbers is known when tracing', (t) => {
  const convolve = ({ x }: { x: tf.Tensor }) =>
    tf.conv2d(x as tf.Tensor4D, foldedKernel(), 1, 'same')
  const { nodes } = trace('convolve', convolve, { x: { dtype: 'float32', shape: [1, 5, 6, 2] } })
  t.deepEqual(
    nodes.map(({ op }) => op),
    ['Transpose', 'Conv', 'Transpose'], // of the image, not of the kernel
  )
})

test('its numbers are those of the operations, axes broadcast', async (t) => {
  const x = floats(Float32Array.of(1, 2, 3), [3])
  const sides = [known(5, [2, 1, 3]), known(6, [4, 1])] as const // to [2, 4, 3]: larger than both
  const fn = ({ x }: { x: tf.Tensor }) => ({
    kernel: tf.add(foldedKernel(), tf.slice(x, [0], [1])),
    rows: tf.mul(tf.add(known(7, [2, 4, 3]), sides[0]), x),
    columns: tf.mul(tf.sub(known(8, [2, 4, 3]), sides[1]), x),
    both: tf.mul(tf.div(...sides), x),
  })
  await tracedEqualsEager(t, fn, { x }, 1e-6)
})

test('known numbers are not made larger', (t) => {
  const grown = ({ x }: { x: tf.Tensor }) => tf.mul(tf.add(known(1, [64, 1]), known(2, [1, 64])), x)
  const { nodes } = trace('grown', grown, { x: { dtype: 'float32', shape: [64] } })
  t.deepEqual(
    nodes.map(({ op }) => op),
    ['Add', 'Reshape', 'Mul'],
  )
})
