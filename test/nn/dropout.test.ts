import test from 'ava'
import { dropout, dropPath } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

const branch = tf.tensor2d([
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
])

test('an image whose noise is below the rate loses its branch, others have it divided by the probability to keep it', (t) => {
  const noise = tf.tensor1d([0.19, 0.2])
  assertClose(t, dropPath(branch, noise, 0.2), [0, 0, 0, 0, 6.25, 7.5, 8.75, 10])
})

test('the mean over noise is the branch', (t) => {
  const draws = [0, 0.2, 0.4, 0.6, 0.8].map((noise) => dropPath(branch, tf.fill([1], noise), 0.4))
  assertClose(t, tf.div(tf.addN(draws), draws.length), branch.dataSync())
})

test('no gradient reaches a branch that is left out', (t) => {
  const noise = tf.tensor1d([0.1, 0.9])
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(dropPath(x as tf.Tensor2D, noise, 0.5)))(branch)
  assertClose(t, gradient, [0, 0, 0, 0, 2, 2, 2, 2])
})

test('dropout sets values to 0 where the noise is below the rate, and divides the others', (t) => {
  const x = tf.tensor1d([1, 2, 3, 4])
  const noise = tf.tensor1d([0.2, 0.19, 0.9, 0])
  assertClose(t, dropout(x, noise, 0.2), [1.25, 0, 3.75, 0], 1e-6)
})
