import test from 'ava'
import type { Node, Value } from '../../engine/trace/graph.js'
import { isNormStatistic } from '../../engine/trace/precision_rules.js'
import { BatchNorm, Conv2d, functionalCall, Module } from '../../nn/index.js'
import { fullPrecision } from '../../ops/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import {
  allAre,
  distance,
  floats,
  half,
  ROUNDING,
  run,
  touches,
  waves,
} from '../helpers/mixed_precision.js'

class Net extends Module {
  readonly conv1 = new Conv2d({ inChannels: 3, outChannels: 8, kernelSize: 3, padding: 1 })
  readonly norm = new BatchNorm({ channels: 8 })
  readonly conv2 = new Conv2d({
    inChannels: 8,
    outChannels: 4,
    kernelSize: 3,
    stride: 2,
    padding: 1,
  })

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const hidden = tf.relu(this.norm.forward(this.conv1.forward(x), { training: true }))
    return this.conv2.forward(hidden)
  }
}

const net = new Net()
const shapes = Object.fromEntries(net.namedParameters().map(([name, { shape }]) => [name, shape]))
const trained = Object.keys(shapes).filter((name) => !name.includes('running'))

/** A step of momentum: gradients of a scaled loss, divided by the scale again. */
function trainStep({ x, scale, ...state }: Record<string, tf.Tensor>) {
  const parameters = Object.fromEntries(Object.keys(shapes).map((name) => [name, state[name]]))
  let buffers: Record<string, tf.Tensor> = {}
  const loss = () => {
    const call = functionalCall(net, parameters, () => net.forward(x as tf.Tensor4D))
    buffers = Object.fromEntries(
      Object.entries(call.updates).map(([name, value]) => [name, tf.keep(value)]),
    )
    return tf.mul(tf.mean(tf.square(fullPrecision(call.result))), scale) as tf.Scalar
  }
  const { value, grads } = tf.engine().gradients(
    loss,
    trained.map((name) => parameters[name]),
    undefined,
    true,
  )
  const results: Record<string, tf.Tensor> = { loss: value }
  for (const [i, name] of trained.entries()) {
    const gradient = tf.div(grads[i], scale)
    const momentum = tf.add(tf.mul(state[`momentum.${name}`], 0.9), gradient)
    results[`gradient.${name}`] = gradient
    results[`momentum.${name}`] = momentum
    results[name] = tf.sub(parameters[name], tf.mul(momentum, 0.01))
  }
  return { ...results, ...buffers }
}

function stepInputs<Leaf>(leaf: (shape: readonly number[], name: string) => Leaf) {
  return {
    x: leaf([2, 12, 16, 3], 'x'),
    scale: leaf([], 'scale'),
    ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, leaf(shape, name)])),
    ...Object.fromEntries(
      trained.map((name) => [`momentum.${name}`, leaf(shapes[name], `momentum.${name}`)]),
    ),
  }
}

const stepNodes = half(
  trainStep,
  stepInputs((shape) => floats(...shape)),
)

test('of a training step, layers and passes over maps are float16', (t) => {
  for (const op of ['Conv', 'ConvTranspose', 'MatMul', 'Relu', 'Greater']) {
    allAre(t, stepNodes, op, 'float16')
  }
  const maps = stepNodes.filter(
    ({ op, outputs }) => ['Add', 'Mul', 'Where'].includes(op) && outputs[0].shape.length === 4,
  )
  const isMap = ({ outputs }: Node) => outputs[0].shape[2] === 12
  t.true(maps.filter(isMap).length > 5)
  t.true(maps.filter(isMap).every(({ outputs }) => outputs[0].dtype === 'float16'))
})

test('of a training step, statistics, loss, un-scaling and update are float32', (t) => {
  for (const op of ['ReduceMean', 'Sqrt', 'Div']) allAre(t, stepNodes, op, 'float32')
  const statistics = stepNodes.flatMap(({ outputs }) => outputs).filter(isNormStatistic)
  t.deepEqual([...new Set(statistics.map(({ dtype }) => dtype))], ['float32'])
  const isScale = (value: Value | undefined) => value !== undefined && value.shape.length === 0
  const unscaled = stepNodes.filter(
    ({ op, inputs: [, by] }) => op === 'Div' && isScale(by?.producer?.inputs[0]),
  )
  t.is(unscaled.length, trained.length)
  const updates = usersOf(stepNodes, unscaled)
  t.true(updates.length >= 3 * trained.length)
  t.true(updates.every((node) => !touches(node, 'float16')))
})

test('a value is cast once for all who need it, a weight of 3x3 convolutions too', (t) => {
  const casts = stepNodes.filter(({ op, inputs }) => op === 'Cast' && inputs[0]?.dtype !== 'bool')
  const what = casts.map(({ inputs, outputs }) => `${inputs[0]?.name} ${outputs[0].dtype}`)
  t.is(new Set(what).size, what.length)
  const weight = [8, 3, 3, 3].join()
  const ofWeight = casts.filter(({ inputs, outputs }) => {
    const [from, to] = [inputs[0], outputs[0]]
    return from?.producer === undefined && to.shape.join() === weight
  })
  t.is(ofWeight.length, 1)
  const narrowedAgain = casts.filter(({ inputs }) => inputs[0]?.producer?.op === 'Cast')
  t.deepEqual(narrowedAgain, [])
})

test('a step in mixed precision is that of float32 but for rounding, whatever the loss scale', async (t) => {
  const inputsFor = (scale: number) =>
    stepInputs((shape, name) => {
      if (name === 'scale')
        return { dtype: 'float32' as const, shape, data: Float32Array.of(scale) }
      if (name === 'norm.running_var') return waves(shape, { scale: 0.1, offset: 1 })
      return waves(shape, {
        scale: name.includes('momentum') ? 0.01 : 0.5,
        step: 1.3 + name.length,
      })
    })
  for (const scale of [1, 4096]) {
    const [single, mixed] = await run(trainStep, inputsFor(scale))
    t.true(distance(mixed.loss.data, single.loss.data) < 4 * ROUNDING)
    for (const name of trained) {
      // Which the norm takes away: its gradient is rounding alone
      if (name === 'conv1.bias') continue
      const key = `gradient.${name}`
      const error = distance(mixed[key].data, single[key].data)
      t.true(error < 12 * ROUNDING, `${key}: ${error}`)
      t.not(error, 0)
    }
    for (const name of ['norm.running_mean', 'norm.running_var']) {
      const error = distance(mixed[name].data, single[name].data)
      t.true(error < 2 * ROUNDING, `${name}: ${error}`)
    }
  }
})

test('statistics of maps whose squares float16 cannot hold are right, for one image and for several', async (t) => {
  for (const count of [1, 3]) {
    const norm = new BatchNorm({ channels: 4 })
    const fn = ({ x, w, weight, bias, mean, variance }: Record<string, tf.Tensor>) => {
      const values = { weight, bias, running_mean: mean, running_var: variance }
      const call = functionalCall(norm, values, () =>
        norm.forward(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'), { training: true }),
      )
      return { y: call.result, ...call.updates }
    }
    const [single, mixed] = await run(fn, {
      x: waves([count, 9, 7, 2], { scale: 5000, offset: 300, step: 0.01 }), // images differ
      w: waves([1, 1, 2, 4], { step: 2.1 }),
      weight: waves([4], { offset: 1, scale: 0.1 }),
      bias: waves([4]),
      mean: waves([4]),
      variance: waves([4], { offset: 1, scale: 0.1 }),
    })
    t.true(Math.max(...single.running_var.data) > 65504 * 0.1)
    // The maps themselves are rounded, where products nearly cancel by more than a place.
    assertClose(t, mixed.running_var.data, single.running_var.data, 12 * ROUNDING)
    assertClose(t, mixed.running_mean.data, single.running_mean.data, 12 * ROUNDING)
    t.true(distance(mixed.y.data, single.y.data) < 8 * ROUNDING)
  }
})

test('behind a mark coordinates keep the places that float16 has not', async (t) => {
  const anchor = 1333.37
  const fn =
    (mark: (x: tf.Tensor) => tf.Tensor) =>
    ({ x, w, boxes }: Record<string, tf.Tensor>) => {
      const deltas = mark(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))
      return { moved: tf.add(deltas, boxes), scaled: tf.mul(tf.add(deltas, boxes), 1.5) }
    }
  const inputs = {
    x: { dtype: 'float32' as const, shape: [2, 1], data: Float32Array.of(0.25, 0.5) },
    w: { dtype: 'float32' as const, shape: [1, 4], data: Float32Array.of(1, 2, 4, 8) },
    boxes: { dtype: 'float32' as const, shape: [1, 4], data: new Float32Array(4).fill(anchor) },
  }
  const [single, marked] = await run(fn(fullPrecision), inputs)
  assertClose(t, marked.moved.data, single.moved.data, 1e-7)
  assertClose(t, marked.scaled.data, single.scaled.data, 1e-7)
  const [, unmarked] = await run(
    fn((x) => x),
    inputs,
  )
  t.true(distance(unmarked.moved.data, single.moved.data) > 1e-5) // else the mark is of no use here
})

/** All that is made of what nodes give. */
function usersOf(nodes: readonly Node[], from: readonly Node[]): Node[] {
  const reached = new Set(from.flatMap(({ outputs }) => outputs))
  return nodes.filter(({ inputs, outputs }) => {
    const isUser = inputs.some((value) => value && reached.has(value))
    if (isUser) for (const value of outputs) reached.add(value)
    return isUser
  })
}

test('a channel of nearly equal large values is normalised without overflow, and its gradient is finite', async (t) => {
  const levels = [210, -3000]
  const values = Float32Array.from({ length: 2 * 6 * 6 * 2 }, (_, i) => levels[i % 2])
  const kernel = tf.tensor4d([1, 0, 0, 1], [1, 1, 2, 2])
  const norm = new BatchNorm({ channels: 2 })
  // weight, bias, mean and variance
  const state = [3, 0.5, 0, 1].map((value) => tf.fill([2], value))
  const forward = (x: tf.Tensor) => {
    const map = tf.conv2d(x as tf.Tensor4D, kernel, 1, 'same') // float16 from here on
    const parameters = Object.fromEntries(
      norm.namedParameters().map(([name], i) => [name, state[i]]),
    )
    return functionalCall(norm, parameters, () => norm.forward(map, { training: true })).result
  }
  const [, inHalf] = await run(
    ({ x }) => ({ y: forward(x), dx: tf.grad((x) => tf.sum(fullPrecision(forward(x))))(x) }),
    { x: { ...floats(2, 6, 6, 2), data: values } },
  )
  t.true(inHalf.y.data.every((value) => Math.abs(value - 0.5) < 1e-2))
  t.true(inHalf.dx.data.every(Number.isFinite))
})
