import test from 'ava'
import { trace } from '../../engine/index.js'
import type { Target } from '../../engine/trace/lowering.js'
import { floats } from '../../host_tensor.js'
import * as tf from '../../tf/tf.js'

/**
 * Shapes that the sums of a batch of maps for each channel go through; maps lie `n c h w` after a
 * convolution.
 */
function sums(target: Target, [count, side]: [number, number], axes: number[]) {
  const shape: [number, number, number, number] = [count, side, side, 3]
  const kernel = tf.ones([1, 1, 3, 5]) as tf.Tensor4D
  const recorded = trace(
    'sums',
    ({ x }: { x: tf.Tensor }) => ({
      y: tf.sum(tf.conv2d(x as tf.Tensor4D, kernel, 1, 'same'), axes),
    }),
    { x: floats(new Float32Array(count * side * side * 3), shape) },
    { target },
  )
  return recorded.nodes
    .filter(({ op }) => op === 'ReduceSum')
    .map(({ outputs }) => outputs[0].shape)
}

test('sums over axes that lie apart are taken run by run where CUDA may compute them', (t) => {
  t.deepEqual(sums('portable', [2, 4], [0, 1, 2]), [[2, 5, 1, 1], [5]])
  t.deepEqual(sums('x64', [2, 4], [0, 1, 2]), [[5]])
})

test('sums over axes that lie together are one', (t) => {
  t.deepEqual(sums('portable', [1, 4], [0, 1, 2]), [[5]])
  t.deepEqual(sums('portable', [2, 4], [1, 2]), [[2, 5]])
  t.deepEqual(sums('portable', [2, 4], [0]), [[5, 4, 4]])
  t.deepEqual(sums('portable', [2, 4], [0, 1, 2, 3]), [[]])
})
