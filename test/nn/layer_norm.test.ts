import test from 'ava'
import { trace } from '../../engine/trace/trace.js'
import { floats } from '../../host_tensor.js'
import { LayerNorm, layerNorm } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager, withGradients } from '../helpers/traced_equals_eager.js'

const EPS = 1e-5

type Inputs = { x: tf.Tensor; weight: tf.Tensor; bias: tf.Tensor }

const normed = ({ x, weight, bias }: Inputs) =>
  layerNorm(x as tf.Tensor2D, weight as tf.Tensor1D, bias as tf.Tensor1D, EPS)

/** Layer norm by the definition, to be differentiated step by step. */
function composed({ x, weight, bias }: Inputs): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, 1, true))
  const variance = tf.mean(tf.square(centred), 1, true)
  return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, EPS))), weight), bias)
}

function inputs() {
  const values = (count: number, phase: number) =>
    Float32Array.from({ length: count }, (_, i) => 1.5 * Math.sin(phase + i * 1.7) + 0.4)
  return {
    x: floats(values(42, 0), [7, 6]),
    weight: floats(values(6, 1), [6]),
    bias: floats(values(6, 2), [6]),
  }
}

test('each row is normalised by its own mean and biased variance', (t) => {
  const x = tf.tensor2d([
    [1, 3],
    [-2, 6],
  ])
  const norm = new LayerNorm({ channels: 2, eps: 0 })
  norm.weight.data = Float32Array.of(2, 3)
  norm.bias.data = Float32Array.of(0, 10)
  assertClose(t, norm.forward(x), [-2, 13, -2, 13])
})

test('a constant row becomes the bias', (t) => {
  const norm = new LayerNorm({ channels: 3 })
  norm.bias.data = Float32Array.of(1, 2, 3)
  assertClose(t, norm.forward(tf.fill([2, 3], 5)), [1, 2, 3, 1, 2, 3])
})

test('the gradient in closed form is that of the definition', (t) => {
  const tensors = Object.fromEntries(
    Object.entries(inputs()).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
  ) as Inputs
  const expected = withGradients(composed)(tensors)
  const { y, gradients } = withGradients(normed)(tensors)
  assertClose(t, y, expected.y.dataSync(), 1e-5)
  for (const [name, gradient] of Object.entries(gradients)) {
    assertClose(t, gradient, expected.gradients[name].dataSync(), 1e-5)
  }
})

test('traced equals eager, with gradients', async (t) => {
  await tracedEqualsEager(t, withGradients(normed), inputs())
})

test('a graph holds one node for it, which gives its gradient the statistics', (t) => {
  const signatures = { x: [7, 6], weight: [6], bias: [6] }
  const typed = Object.fromEntries(
    Object.entries(signatures).map(([name, shape]) => [name, { dtype: 'float32', shape } as const]),
  )
  const nodesOf = (fn: (inputs: Inputs) => { y: tf.Tensor }) =>
    trace('layerNorm', fn, typed).nodes.filter(({ op }) => op === 'LayerNormalization')
  const forward = nodesOf((given) => ({ y: normed(given) }))
  t.deepEqual(
    forward.map(({ outputs }) => outputs.length),
    [1],
  )
  const both = nodesOf((given) => withGradients(normed)(given) as { y: tf.Tensor })
  t.deepEqual(
    both.map(({ outputs }) => outputs.length),
    [3],
  )
})
