import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { compile } from '../../engine/index.js'
import { floats } from '../../host_tensor.js'
import { constant, functionalCall, Linear, Parameter, Random } from '../../nn/index.js'
import { emptyVariable } from '../../nn/parameter.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

/** The squared distance of `parameter` to 3. */
const distance = (parameter: Parameter) => () =>
  tf.sum(tf.square(tf.sub(parameter.value, 3))) as tf.Scalar

test('minimize trains a parameter from the very first step', (t) => {
  const parameter = new Parameter([2], constant(1))
  tf.train.sgd(0.25).minimize(distance(parameter))
  // 1 - 0.25 * 2 * (1 - 3)
  assertClose(t, parameter.data, [2, 2])
})

test('data follows the variable, and the variable data', (t) => {
  const parameter = new Parameter([2], constant(1))
  const { variable } = parameter
  variable.assign(tf.tensor1d([5, 6]))
  t.deepEqual([...parameter.data], [5, 6])
  parameter.data = Float32Array.of(7, 8)
  t.is(parameter.variable, variable)
  assertClose(t, variable, [7, 8])
  parameter.initialize(new Random(0))
  assertClose(t, parameter.value, [1, 1])
})

test('data that was read before training stays as it was', (t) => {
  const parameter = new Parameter([1], constant(1))
  parameter.data = Float32Array.of(1)
  t.is(parameter.value.dataSync()[0], 1)
  const before = parameter.data
  tf.train.sgd(0.25).minimize(distance(parameter))
  t.deepEqual([before[0], parameter.data[0]], [1, 2])
})

test('only trained weights are trainable variables, and names are unique', (t) => {
  const [weight, other] = [new Parameter([1], constant(1)), new Parameter([1], constant(1))]
  const buffer = new Parameter([1], constant(1), { trainable: false })
  t.deepEqual([weight.variable.trainable, buffer.variable.trainable], [true, false])
  t.is(new Set([weight, other, buffer].map(({ variable }) => variable.name)).size, 3)
})

test('a buffer keeps its new value, takes the tensor over, and is not trained', (t) => {
  const buffer = new Parameter([1], constant(1), { trainable: false })
  const { variable } = buffer
  const before = tf.memory().numTensors
  for (let i = 2; i < 5; i++) tf.tidy(() => buffer.update(tf.tensor1d([i])))
  buffer.update(tf.tensor1d([5]))
  t.is(tf.memory().numTensors, before)
  t.is(buffer.variable, variable)
  t.deepEqual([...buffer.data], [5])
})

test('a parameter that nothing computes with eagerly takes no memory of TensorFlow.js', (t) => {
  const before = tf.memory()
  const linear = new Linear({ inFeatures: 100, outFeatures: 100 }).initialize(0)
  t.is(linear.stateDict().weight.length, 10_000)
  const { numBytes, numTensors, numDataBuffers } = tf.memory()
  t.deepEqual(
    { numBytes, numTensors, numDataBuffers },
    {
      numBytes: before.numBytes,
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    },
  )
})

test('dispose frees the variables and keeps what was trained, which can be trained on', (t) => {
  const linear = new Linear({ inFeatures: 2, outFeatures: 1, init: constant(1) })
  const optimizer = tf.train.sgd(0.25)
  const before = tf.memory().numBytes
  const step = () => optimizer.minimize(distance(linear.weight))
  step()
  linear.dispose()
  t.is(tf.memory().numBytes, before)
  assertClose(t, linear.weight.data, [2, 2])
  step()
  assertClose(t, linear.weight.data, [2.5, 2.5])
  linear.dispose()
})

test.serial('values that data has are there after tf.disposeVariables', (t) => {
  const parameter = new Parameter([1], constant(4))
  t.is(parameter.value.dataSync()[0], 4)
  tf.disposeVariables()
  t.deepEqual([...parameter.data], [4])
  tf.train.sgd(0.25).minimize(distance(parameter), false, [parameter.variable])
  t.deepEqual([...parameter.data], [3.5])
})

test.serial(
  'trained values that tf.disposeVariables took are refused, not replaced by older ones',
  (t) => {
    const parameter = new Parameter([1], constant(4))
    tf.train.sgd(0.25).minimize(distance(parameter))
    tf.disposeVariables()
    const message =
      'Parameter: its variable was disposed of with trained values in it; read data (or stateDict) before, and free ' +
      'variables by module.dispose()'
    t.throws(() => parameter.data, { message })
    t.throws(() => parameter.value, { message })
    parameter.data = Float32Array.of(9)
    t.is(parameter.value.dataSync()[0], 9)
  },
)

test('functionalCall leaves the variable alone', (t) => {
  const linear = new Linear({ inFeatures: 1, outFeatures: 1, init: constant(2) })
  const { variable } = linear.weight
  const values = { weight: tf.tensor2d([[5]]), bias: tf.tensor1d([1]) }
  const call = functionalCall(linear, values, () => linear.forward(tf.tensor2d([[3]])))
  assertClose(t, call.result, [16])
  t.is(linear.weight.variable, variable)
  assertClose(t, variable, [2])
})

test('a traced function that holds a module reads its trained values, which stay', async (t) => {
  const linear = new Linear({ inFeatures: 1, outFeatures: 1, init: constant(1) })
  tf.train.sgd(0.25).minimize(distance(linear.weight))
  const traced = compile(({ x }: { x: tf.Tensor2D }) => ({ y: linear.forward(x) }), {
    name: 'held',
  })
  const { y } = await traced.run({ x: floats([3], [1, 1]) })
  t.is(y.data[0], 6)
  await traced.dispose()
  assertClose(t, linear.forward(tf.tensor2d([[3]])), [6])
  t.deepEqual([...linear.weight.data], [2])
})

test('a buffer of a traced function that holds it is refused', async (t) => {
  const buffer = new Parameter([1], constant(1), { trainable: false })
  const traced = compile(
    ({ x }: { x: tf.Tensor1D }) => {
      buffer.update(tf.add(x, 1))
      return { x }
    },
    { name: 'updates' },
  )
  await t.throwsAsync(traced.run({ x: floats([3], [1]) }), {
    message:
      'Parameter: a buffer was updated in a traced function that holds it; pass its values in by functionalCall',
  })
  t.deepEqual([...buffer.data], [1])
})

test('an empty variable is listed, and trained once it has values', (t) => {
  const variable = emptyVariable([2], true)
  t.is(tf.engine().registeredVariables[variable.name], variable)
  tf.train.sgd(0.25).minimize(() => {
    variable.assign(tf.tensor1d([1, 2]))
    return tf.sum(variable) as tf.Scalar
  })
  assertClose(t, variable, [0.75, 1.75])
  variable.dispose()
})

test.serial('TensorFlow.js forgets the variables of modules that are garbage', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const listed = () => Object.keys(tf.engine().registeredVariables).length
  const before = listed()
  for (let i = 0; i < 1000; i++) new Linear({ inFeatures: 1, outFeatures: 1 })
  t.is(listed(), before + 2000)
  for (let wait = 0; wait < 100 && listed() > before; wait++) {
    collect()
    await setTimeout(10)
  }
  t.true(listed() <= before + 10, `${listed() - before} are left`)
})
