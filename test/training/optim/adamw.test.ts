import test from 'ava'
import * as tf from '../../../tf/tf.js'
import { adamW, adamWScalars } from '../../../training/optim/adamw.js'
import { assertClose } from '../../helpers/assert_close.js'

const betas = { beta1: 0.9, beta2: 0.999 }

function update(parameter: number[], gradient: number[], lr: number, weightDecay: number) {
  const numbers = adamWScalars(lr, 1, { ...betas, eps: 1e-8, weightDecay })
  const scalars = {
    shrink: tf.scalar(numbers.shrink),
    stepSize: tf.scalar(numbers.stepSize),
    epsilon: tf.scalar(numbers.epsilon),
  }
  const zero = tf.zerosLike(tf.tensor1d(parameter))
  const arrays = { parameter: tf.tensor1d(parameter), m: zero, v: zero }
  return adamW(arrays, tf.tensor1d(gradient), { ...betas, decays: weightDecay !== 0 }, scalars)
}

test('the first step moves by the learning rate against the sign of the gradient, whatever its size', (t) => {
  const { parameter } = update([1, 1, 1], [1e-3, -2, 500], 0.1, 0)
  assertClose(t, parameter, [0.9, 1.1, 0.9], 1e-5)
})

test('weight decay shrinks the weight by lr * weightDecay, and no gradient leaves it at that', (t) => {
  assertClose(t, update([2, -4], [0, 0], 0.1, 0.5).parameter, [2 * 0.95, -4 * 0.95], 1e-6)
})

test('the moments are decayed sums: the gradient and its square after one step', (t) => {
  const { m, v } = update([0, 0], [3, -0.5], 0.1, 0)
  assertClose(t, m, [3, -0.5])
  assertClose(t, v, [9, 0.25])
})
