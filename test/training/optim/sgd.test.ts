import test from 'ava'
import * as tf from '../../../tf/tf.js'
import { sgd } from '../../../training/optim/sgd.js'
import { assertClose } from '../../helpers/assert_close.js'

const plain = { momentum: 0, nesterov: false, weightDecay: 0 }
const arrays = { parameter: tf.tensor1d([1, -2]), momentum: tf.tensor1d([0.5, 0]) }
const gradient = tf.tensor1d([1, 10])

test('without momentum a step is lr times the gradient', (t) => {
  const next = sgd(arrays, gradient, plain, tf.scalar(0.1))
  assertClose(t, next.parameter, [0.9, -3])
})

test('momentum is a plain decayed sum: 0.9 * 0.5 + 1 = 1.45', (t) => {
  const next = sgd(arrays, gradient, { ...plain, momentum: 0.9 }, tf.scalar(0.1))
  assertClose(t, next.momentum, [1.45, 10])
  assertClose(t, next.parameter, [1 - 0.145, -3])
})

test('nesterov looks ahead: 1 + 0.9 * 1.45 = 2.305', (t) => {
  const next = sgd(arrays, gradient, { ...plain, momentum: 0.9, nesterov: true }, tf.scalar(0.1))
  assertClose(t, next.parameter, [1 - 0.2305, -2 - 1.9])
})

test('weight decay is part of the gradient, and so of the momentum', (t) => {
  const next = sgd(arrays, gradient, { ...plain, weightDecay: 0.5 }, tf.scalar(0.1))
  assertClose(t, next.momentum, [1.5, 9])
})
