import test from 'ava'
import * as tf from '../../../tf/tf.js'
import { clipGradNorm, globalNorm } from '../../../training/optim/clip_grad_norm.js'
import { assertClose } from '../../helpers/assert_close.js'

const gradients = { a: tf.tensor1d([3, 0]), b: tf.tensor2d([[0], [4]]) }

test('the norm is that of all gradients laid end to end: (3, 0, 0, 4) has 5', (t) => {
  assertClose(t, globalNorm(Object.values(gradients)), [5])
})

test('gradients past the limit are scaled onto it, keeping their direction', (t) => {
  const clipped = clipGradNorm(gradients, tf.scalar(5), 1)
  assertClose(t, clipped.a, [0.6, 0])
  assertClose(t, clipped.b, [0, 0.8])
})

test('gradients within the limit stay as they are', (t) => {
  t.deepEqual([...clipGradNorm(gradients, tf.scalar(5), 5.1).a.dataSync()], [3, 0])
})

test('gradients of zero stay zero', (t) => {
  const zero = { a: tf.zeros([3]) }
  assertClose(t, clipGradNorm(zero, globalNorm([zero.a]), 1).a, [0, 0, 0])
})
