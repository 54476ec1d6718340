import test from 'ava'
import { toHost } from '../../engine/tensors.js'
import {
  smoothedTargets,
  softBinaryCrossEntropy,
  softCrossEntropy,
} from '../../ops/soft_targets.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const logits = tf.tensor2d([
  [1.5, -2, 0.25, 40],
  [-90, 3, 3, -1],
  [0, 0.5, -0.5, 2],
])
const targets = tf.tensor2d([
  [0.7, 0.1, 0.1, 0.1],
  [0.025, 0.025, 0.925, 0.025],
  [0.4, 0, 0.6, 0],
])

// Values and gradients of torch 2.14.1 and timm 1.0.29.
const references = [
  {
    name: 'softBinaryCrossEntropy',
    loss: softBinaryCrossEntropy,
    value: 4.01524543762207,
    gradient: [
      0.009797871, 0.001600243, 0.038514711, 0.075, -0.002083333, 0.077297844, 0.002297844,
      0.020328453, 0.008333333, 0.051871613, -0.018538279, 0.073399752,
    ],
  },
  {
    name: 'softCrossEntropy',
    loss: softCrossEntropy,
    value: 13.639095306396484,
    gradient: [
      -0.233333334, -0.033333335, -0.033333335, 0.300000012, -0.008333334, 0.156820893,
      -0.143179114, -0.005308429, -0.102017693, 0.051630773, -0.181006119, 0.231393069,
    ],
  },
]

for (const { name, loss, value, gradient } of references) {
  test(`${name} and its gradient are those of the reference`, (t) => {
    const { value: actual, grad } = tf.valueAndGrad((x) => loss(x as tf.Tensor2D, targets))(logits)
    assertClose(t, actual, [value], 1e-6)
    assertClose(t, grad, gradient, 1e-6)
  })

  test(`${name} traced equals eager, its gradient too`, async (t) => {
    const withGradient = ({ logits, targets }: Record<string, tf.Tensor2D>) => {
      const { value, grad } = tf.valueAndGrad((x) => loss(x as tf.Tensor2D, targets))(logits)
      return { value, grad }
    }
    const inputs = { logits: toHost(logits), targets: toHost(targets) }
    await tracedEqualsEager(t, withGradient, inputs)
  })
}

test('label smoothing of 0.1 over 4 classes leaves 0.925 for the class and 0.025 for others', (t) => {
  const smoothed = smoothedTargets(tf.tensor1d([2, 0], 'int32'), 4, 0.1)
  assertClose(t, smoothed, [0.025, 0.025, 0.925, 0.025, 0.925, 0.025, 0.025, 0.025], 1e-7)
  assertClose(t, smoothedTargets(tf.tensor1d([1], 'int32'), 3), [0, 1, 0], 0)
})
