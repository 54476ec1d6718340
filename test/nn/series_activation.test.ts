import test from 'ava'
import { SeriesActivation } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager, withGradients } from '../helpers/traced_equals_eager.js'

test('ReLU, then cross-correlation with zero padding', (t) => {
  const act = new SeriesActivation({ channels: 1, actNum: 1, form: 'deploy' })
  act.weight.data = Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
  const x = tf.tensor4d([1, -2, 3, 0, 4, -1, 2, -3, 1], [1, 3, 3, 1])
  assertClose(t, act.forward(x), [4.1, 5.4, 4.3, 4.2, 5.3, 3.0, 2.2, 2.2, 0.9])
})

test('order 0 is a ReLU with a scale and a shift for each channel', (t) => {
  const act = new SeriesActivation({ channels: 2, actNum: 0, form: 'deploy' })
  t.deepEqual([...act.weight.shape], [2, 1, 1, 1])
  act.weight.data = Float32Array.of(2, -3)
  act.bias!.data = Float32Array.of(0.5, 1)
  const x = tf.tensor4d([1, 1, -2, -2], [1, 2, 1, 2])
  assertClose(t, act.forward(x), [2.5, -2, 0.5, 1])
})

test('the merged kernel and bias compute what kernel and norm do', (t) => {
  for (const actNum of [0, 2]) {
    const train = new SeriesActivation({ channels: 3, actNum, form: 'train' }).initialize(1)
    const { weight, bias, running_mean, running_var } = train.bn!
    weight.data = Float32Array.of(1, -2, 0.5)
    bias.data = Float32Array.of(0.1, 0.2, -0.3)
    running_mean.data = Float32Array.of(0.3, -0.1, 0)
    running_var.data = Float32Array.of(0.5, 2, 1)
    const deploy = new SeriesActivation({ channels: 3, actNum, form: 'deploy' })
    train.mergeInto(deploy)
    const x = tf.randomNormal([2, 5, 4, 3], 0, 1, 'float32', 1) as tf.Tensor4D
    assertClose(t, deploy.forward(x), train.forward(x), 1e-6)
  }
})

for (const actNum of [0, 1]) {
  test(`order ${actNum}: traced equals eager, with gradients`, async (t) => {
    const act = new SeriesActivation({ channels: 2, actNum, form: 'train' }).initialize(1)
    const data = Float32Array.from({ length: 24 }, (_, i) => Math.sin(3 * i))
    const y = withGradients(({ x }: { x: tf.Tensor }) => act.forward(x as tf.Tensor4D))
    await tracedEqualsEager(t, y, { x: { dtype: 'float32', shape: [1, 4, 3, 2], data } })
  })
}
