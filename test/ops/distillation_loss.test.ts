import test from 'ava'
import { toHost } from '../../engine/tensors.js'
import { distillationLoss } from '../../ops/distillation_loss.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const logits = tf.tensor2d([
  [1.5, -2, 0.25, 40],
  [-90, 3, 3, -1],
  [0, 0.5, -0.5, 2],
])
const teacher = tf.tensor2d([
  [2, 1, 0, 3],
  [30, -2, 4, 4],
  [0.25, -1, 0.5, 1.5],
])

// T^2 * kl_div(log_softmax(s / T), log_softmax(t / T), log_target=True, reduction='batchmean') and
// its gradient, of torch 2.14.1.
const references = [
  {
    temperature: 1,
    value: 35.672176361083984,
    gradient: [
      -0.07896094, -0.029048111, -0.010686203, 0.118695274, -0.333333343, 0.165154219, 0.165154219,
      0.003024905, -0.023681935, 0.035873692, -0.051624391, 0.03943263,
    ],
  },
  {
    temperature: 4,
    value: 155.6263885498047,
    gradient: [
      -0.363281727, -0.282955945, -0.220330477, 0.866568029, -1.328891754, 0.562646031, 0.561093926,
      0.205152005, -0.034430701, 0.089590214, -0.088676207, 0.033516657,
    ],
  },
]

for (const { temperature, value, gradient } of references) {
  test(`the loss at temperature ${temperature} and its gradient are those of torch`, (t) => {
    const lossOf = (x: tf.Tensor) => distillationLoss(x as tf.Tensor2D, teacher, temperature)
    const { value: actual, grad } = tf.valueAndGrad(lossOf)(logits)
    assertClose(t, actual, [value], 1e-4) // float32 has 7 digits
    assertClose(t, grad, gradient, 1e-6)
  })
}

test('worked by hand: shares of 3/4 and 1/4 against halves, whatever is added to logits', (t) => {
  const taught = tf.tensor2d([[Math.log(3) + 7, 7]])
  const expected = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5)
  assertClose(t, distillationLoss(tf.tensor2d([[2, 2]]), taught), [expected], 1e-6)
  const doubled = tf.mul(taught, 2) as tf.Tensor2D
  assertClose(t, distillationLoss(tf.tensor2d([[5, 5]]), doubled, 2), [4 * expected], 1e-5)
})

test('the loss of the same logits is 0, without a gradient', (t) => {
  const lossOf = (x: tf.Tensor) => distillationLoss(x as tf.Tensor2D, logits, 3)
  const { value, grad } = tf.valueAndGrad(lossOf)(logits)
  assertClose(t, value, [0], 0)
  assertClose(t, grad, new Array(12).fill(0), 0)
})

test('traced equals eager, its gradient too', async (t) => {
  const withGradient = ({ logits, teacher }: Record<string, tf.Tensor2D>) => {
    const lossOf = (x: tf.Tensor) => distillationLoss(x as tf.Tensor2D, teacher, 4)
    const { value, grad } = tf.valueAndGrad(lossOf)(logits)
    return { value, grad }
  }
  const inputs = { logits: toHost(logits), teacher: toHost(teacher) }
  await tracedEqualsEager(t, withGradient, inputs)
})
