import test from 'ava'
import { floats, ints } from '../../host_tensor.js'
import { BACKGROUND, IGNORED } from '../../ops/assign.js'
import { sigmoidFocalLoss } from '../../ops/focal_loss.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { readFixture } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const rows = (...labels: number[]) => tf.tensor1d(labels, 'int32')

/** Loss of one logit of one class. */
function lossOf(logit: number, label: number): tf.Tensor {
  return sigmoidFocalLoss(tf.tensor2d([[logit]]), rows(label))
}

test('single values are those of mmdetection 2.x', (t) => {
  const values = [
    [-1, 0.01699354, 0.17546708],
    [0, 0.1299651, 0.0433217],
    [2, 1.23755863, 0.00045089],
    [-4.59511985, 7.5e-7, 1.12838182],
  ]
  for (const [logit, absent, present] of values) {
    assertClose(t, lossOf(logit, BACKGROUND), absent, 1e-6)
    assertClose(t, lossOf(logit, 0), present, 1e-6)
  }
})

interface FocalFixture {
  logits: number[][]
  labels: number[]
  loss: number
  gradient: number[][]
}

test('value and gradient match PyTorch autograd and torchvision', (t) => {
  const fixture = readFixture<FocalFixture>('retinanet_focal.json')
  const labels = rows(...fixture.labels)
  const { value, grad } = tf.valueAndGrad((x) => sigmoidFocalLoss(x, labels))(
    tf.tensor2d(fixture.logits),
  )
  assertClose(t, value, fixture.loss, 1e-6)
  assertClose(t, grad, fixture.gradient, 1e-6)
})

test('the gradient is the slope of the value, for any alpha and gamma', (t) => {
  const logits = [-2.5, -0.3, 0.4, 1.7, 3.1, -0.9]
  const labels = rows(1, BACKGROUND, IGNORED)
  const step = 1e-2 // float32: rounding and curvature both cost about 1e-4
  for (const options of [{}, { alpha: 0.6 }, { gamma: 1 }, { alpha: 0.4, gamma: 3.5 }]) {
    const loss = (x: tf.Tensor) => sigmoidFocalLoss(x, labels, options)
    const slopes = logits.map((_, i) => {
      const moved = (by: number) =>
        loss(
          tf.tensor2d(
            logits.map((x, j) => (i === j ? x + by : x)),
            [3, 2],
          ),
        ).dataSync()[0]
      return (moved(step) - moved(-step)) / (2 * step)
    })
    assertClose(t, tf.grad(loss)(tf.tensor2d(logits, [3, 2])), slopes, 1e-3)
  }
})

test('logits of +-100 give finite losses and gradients', (t) => {
  const labels = rows(0, 0, BACKGROUND, BACKGROUND)
  const { value, grad } = tf.valueAndGrad((x) => sigmoidFocalLoss(x, labels))(
    tf.tensor2d([100, -100, 100, -100], [4, 1]),
  )
  assertClose(t, value, 0.25 * 100 + 0.75 * 100)
  assertClose(t, grad, [0, -0.25, 0.75, 0])
})

test('ignored rows have no loss and no gradient', (t) => {
  const logits = tf.tensor2d([1, -2, 3, 0.5], [2, 2])
  const both = tf.valueAndGrad((x) => sigmoidFocalLoss(x, rows(1, IGNORED)))(logits)
  assertClose(t, both.value, sigmoidFocalLoss(tf.slice(logits, [0, 0], [1, 2]), rows(1)))
  assertClose(t, tf.slice(both.grad, [1, 0], [1, 2]), [0, 0])
})

test('the gradient is scaled by what comes from above', (t) => {
  const logits = tf.tensor2d([1, -2, 3, 0.5], [2, 2])
  const loss = (x: tf.Tensor) => sigmoidFocalLoss(x, rows(1, BACKGROUND))
  const tripled = tf.grad((x) => tf.mul(loss(x), 3))(logits)
  assertClose(t, tripled, tf.mul(tf.grad(loss)(logits), 3))
})

test('rows may have any number of axes', (t) => {
  const logits = tf.tensor1d(Array.from({ length: 24 }, (_, i) => Math.sin(i)))
  const labels = rows(2, -1, 0, -2, 1, -1, -1, 2)
  const flat = (x: tf.Tensor) => sigmoidFocalLoss(tf.reshape(x, [8, 3]), labels)
  const deep = (x: tf.Tensor) =>
    sigmoidFocalLoss(tf.reshape(x, [1, 2, 2, 2, 3]), tf.reshape(labels, [1, 2, 2, 2]))
  assertClose(t, deep(logits), flat(logits))
  assertClose(t, tf.grad(deep)(logits), tf.grad(flat)(logits))
})

test('no rows have no loss', (t) => {
  assertClose(t, sigmoidFocalLoss(tf.zeros([0, 80]), tf.zeros([0], 'int32')), 0)
})

test('traced, value and gradient are as eager', async (t) => {
  const lossAndSlope = ({ logits, labels }: { logits: tf.Tensor; labels: tf.Tensor }) => {
    const { value, grad } = tf.valueAndGrad((x) => sigmoidFocalLoss(x, labels))(logits)
    return { value, grad }
  }
  const logits = Float32Array.from({ length: 60 }, (_, i) => 4 * Math.sin(i))
  const labels = Array.from({ length: 12 }, (_, i) => (i % 7) - 2)
  await tracedEqualsEager(t, lossAndSlope, {
    logits: floats(logits, [1, 2, 3, 2, 5]),
    labels: ints(labels, [1, 2, 3, 2]),
  })
})
