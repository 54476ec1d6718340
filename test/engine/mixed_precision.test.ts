import * as tf from '@tensorflow/tfjs'
import test, { type ExecutionContext } from 'ava'
import { compile, type TensorTree, type Tree } from '../../engine/index.js'
import type { HostTree } from '../../engine/tensors.js'
import type { Node, Value } from '../../engine/trace/graph.js'
import { isNormStatistic } from '../../engine/trace/precision_rules.js'
import { type Signature, trace } from '../../engine/trace/trace.js'
import { BatchNorm, Conv2d, functionalCall, layerNorm, Module } from '../../nn/index.js'
import { fullPrecision, gelu } from '../../ops/index.js'
import { assertClose } from '../helpers/assert_close.js'

/** Half of a last place of float16, relative. */
const ROUNDING = 2 ** -11

const floats = (...shape: number[]): Signature => ({ dtype: 'float32', shape })

type Function = (inputs: Record<string, tf.Tensor>) => TensorTree

function half(fn: Function, signatures: Tree<Signature>): readonly Node[] {
  return trace('half', fn as (inputs: TensorTree) => TensorTree, signatures, { precision: 'fp16' })
    .nodes
}

/** Types of all results of an operator's nodes. */
function typesOf(nodes: readonly Node[], op: string): string[] {
  return nodes
    .filter((node) => node.op === op)
    .map(
      ({ outputs, inputs }) => (op === 'Greater' ? inputs[0]?.dtype : outputs[0].dtype) as string,
    )
}

async function run(fn: Function, inputs: Tree<{ shape: readonly number[]; data: Float32Array }>) {
  const tensors = inputs as HostTree<Record<string, tf.Tensor>>
  const results = []
  for (const precision of ['fp32', 'fp16'] as const) {
    const compiled = compile(fn, { name: 'mixed', precision })
    results.push(await compiled.run(tensors))
    await compiled.dispose()
  }
  return results as Record<string, { data: Float32Array }>[]
}

function waves(shape: readonly number[], { scale = 1, offset = 0, step = 1.7 } = {}) {
  const size = shape.reduce((product, side) => product * side, 1)
  const data = Float32Array.from(
    { length: size },
    (_, i) => offset + scale * Math.sin(step * i + 0.3),
  )
  return { dtype: 'float32' as const, shape, data }
}

/** The largest difference, over the largest number. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const largest = (numbers: number[]) => Math.max(...numbers.map(Math.abs))
  return largest(Array.from(a, (x, i) => x - b[i])) / largest(Array.from(b))
}

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

function allAre(t: ExecutionContext, nodes: readonly Node[], op: string, type: string): void {
  const types = typesOf(nodes, op)
  t.true(types.length > 0, op)
  t.deepEqual([...new Set(types)], [type], op)
}

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

/** All that is made of what nodes give. */
function usersOf(nodes: readonly Node[], from: readonly Node[]): Node[] {
  const reached = new Set(from.flatMap(({ outputs }) => outputs))
  return nodes.filter(({ inputs, outputs }) => {
    const isUser = inputs.some((value) => value && reached.has(value))
    if (isUser) for (const value of outputs) reached.add(value)
    return isUser
  })
}

function touches({ inputs, outputs }: Node, type: string): boolean {
  return [...inputs, ...outputs].some((value) => value?.dtype === type)
}

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
      if (name === 'conv1.bias') continue // which the norm takes away: its gradient is rounding alone
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
      x: waves([count, 9, 7, 2], { scale: 500, offset: 300 }),
      w: waves([1, 1, 2, 4], { step: 2.1 }),
      weight: waves([4], { offset: 1, scale: 0.1 }),
      bias: waves([4]),
      mean: waves([4]),
      variance: waves([4], { offset: 1, scale: 0.1 }),
    })
    t.true(Math.max(...single.running_var.data) > 65504 * 0.1)
    assertClose(t, mixed.running_var.data, single.running_var.data, 2 * ROUNDING)
    assertClose(t, mixed.running_mean.data, single.running_mean.data, 2 * ROUNDING)
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

test('a mark holds for all that is made of it, up to the next layer, and for gradients', (t) => {
  const nodes = half(
    ({ x, w, v, column }) => {
      const head = (w: tf.Tensor) => {
        const map = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)
        const exact = tf.relu(fullPrecision(tf.slice(map, [0, 0], [1, -1])))
        // Against a full-size map of float16 the small marked row stays what it is.
        return tf.sum(tf.maximum(tf.add(map, exact), column))
      }
      const behind = tf.abs(tf.matMul(fullPrecision(tf.neg(x)), v as tf.Tensor2D))
      return { g: tf.grad(head)(w), behind }
    },
    { x: floats(6, 4), w: floats(4, 5), v: floats(4, 3), column: floats(6, 1) },
  )
  allAre(t, nodes, 'Relu', 'float32')
  allAre(t, nodes, 'Abs', 'float16')
  t.deepEqual(
    typesOf(nodes, 'MatMul').filter((type) => type === 'float32'),
    [],
  )
  t.false(nodes.some(({ domain }) => domain === 'vanilladet'))
})

test('a product of marked values alone is no layer', (t) => {
  const nodes = half(
    ({ x, w }) => ({ y: tf.matMul(fullPrecision(x), tf.abs(fullPrecision(w)) as tf.Tensor2D) }),
    { x: floats(6, 4), w: floats(4, 5) },
  )
  allAre(t, nodes, 'MatMul', 'float32')
})

test('marks leave nothing in graphs of float32, and outputs their names in others', async (t) => {
  const fn = ({ x, w }: Record<string, tf.Tensor>) => {
    const y = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)
    return { x: fullPrecision(x), y, again: fullPrecision(y) }
  }
  const signatures = { x: floats(2, 3), w: floats(3, 2) }
  const nodes = trace('single', fn as (inputs: TensorTree) => TensorTree, signatures).nodes
  t.deepEqual(
    nodes.map(({ op }) => op),
    ['MatMul'],
  )
  const [, mixed] = await run(fn, { x: waves([2, 3]), w: waves([3, 2]) })
  t.deepEqual(mixed.again.data, mixed.y.data)
  t.deepEqual(mixed.x.data, waves([2, 3]).data)
})

test('what no layer has come before is float32', (t) => {
  const nodes = half(({ x, y }) => ({ z: tf.relu(tf.add(tf.mul(x, y), tf.sum(x))) }), {
    x: floats(64, 64),
    y: floats(64),
  })
  t.false(nodes.some((node) => touches(node, 'float16')))
})

test('one full-size operand of float32 makes a follower float32, a small one does not', (t) => {
  const nodes = half(
    ({ x, w, map, row }) => {
      const y = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)
      return { wide: tf.add(y, map), narrow: tf.sub(y, row) }
    },
    { x: floats(6, 4), w: floats(4, 5), map: floats(6, 5), row: floats(5) },
  )
  t.deepEqual(typesOf(nodes, 'Add'), ['float32'])
  t.deepEqual(typesOf(nodes, 'Sub'), ['float16'])
})

test('numbers that float16 cannot hold keep a node in float32', (t) => {
  const typeWith = (constant: number) => {
    const nodes = half(({ x, w }) => ({ y: tf.mul(tf.matMul(x, w), constant) }), {
      x: floats(6, 4),
      w: floats(4, 5),
    })
    return typesOf(nodes, 'Mul')[0]
  }
  t.is(typeWith(-1000), 'float16')
  t.is(typeWith(-1e9), 'float32')
  t.is(typeWith(2 ** -14), 'float16')
  t.is(typeWith(1 / 67200), 'float32')
})

test('known numbers are narrowed when tracing, once for all who need them', async (t) => {
  const weights = waves([4, 300]) // more than are compared to find equal ones
  const fn = ({ x }: Record<string, tf.Tensor>) => {
    const w = tf.tensor2d(weights.data, [4, 300])
    return { y: tf.relu(tf.matMul(x as tf.Tensor2D, w)), z: tf.matMul(tf.neg(x as tf.Tensor2D), w) }
  }
  const nodes = half(fn, { x: floats(6, 4) })
  const cast = nodes.filter(({ op }) => op === 'Cast').map(({ inputs }) => inputs[0])
  t.false(cast.some((value) => value?.constant))
  const constants = nodes.flatMap(({ inputs }) => inputs.filter((value) => value?.constant))
  t.deepEqual(
    constants.map((value) => value?.dtype),
    ['float16', 'float16'],
  )
  t.is(new Set(constants).size, 1)
  const [single, mixed] = await run(fn, { x: waves([6, 4]) })
  t.true(distance(mixed.y.data, single.y.data) < 4 * ROUNDING)
})

test('squares, means and what is made only for them are float32', async (t) => {
  const fn = ({ x, w }: Record<string, tf.Tensor>) => {
    const y = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)
    return { square: tf.sum(tf.square(y), 1), mean: tf.mean(tf.mul(y, tf.neg(y)), 1) }
  }
  const nodes = half(fn, { x: floats(6, 4), w: floats(4, 5) })
  for (const op of ['Mul', 'ReduceMean', 'ReduceSum']) allAre(t, nodes, op, 'float32')
  allAre(t, nodes, 'Neg', 'float16')
  const [single, mixed] = await run(fn, { x: waves([6, 4], { scale: 300 }), w: waves([4, 5]) })
  assertClose(t, mixed.square.data, single.square.data, 8 * ROUNDING)
  t.true(Math.max(...single.square.data) > 65504)
})

test('norms of rows are float16 with statistics of float32', async (t) => {
  const fn = ({ x, w, scale, shift }: Record<string, tf.Tensor>) => {
    const norm = (x: tf.Tensor) =>
      layerNorm(x as tf.Tensor2D, scale as tf.Tensor1D, shift as tf.Tensor1D, 1e-5)
    const loss = (w: tf.Tensor) =>
      tf.sum(tf.abs(tf.relu(norm(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)))))
    return { g: tf.grad(loss)(w) }
  }
  const signatures = { x: floats(6, 4), w: floats(4, 5), scale: floats(5), shift: floats(5) }
  const nodes = half(fn, signatures)
  allAre(t, nodes, 'LayerNormalization', 'float16')
  const ofRows = nodes.filter(({ outputs }) => outputs[0].shape.join() === '6,1')
  allAre(t, ofRows, 'Sub', 'float32')
  const [single, mixed] = await run(fn, {
    x: waves([6, 4], { scale: 100 }),
    w: waves([4, 5]),
    scale: waves([5], { offset: 2 }),
    shift: waves([5]),
  })
  t.true(distance(mixed.g.data, single.g.data) < 16 * ROUNDING)
})

test('exponentials are float32, but for those of minus a square', (t) => {
  const signatures = { x: floats(6, 4), w: floats(4, 5) }
  const types = (fn: (y: tf.Tensor) => tf.Tensor) =>
    typesOf(
      half(({ x, w }) => ({ y: fn(tf.matMul(x, w)) }), signatures),
      'Exp',
    )
  t.deepEqual(types(tf.exp), ['float32'])
  t.deepEqual(
    types((y) => tf.exp(tf.mul(tf.mul(y, 0.5), y))),
    ['float32'],
  )
  t.deepEqual(
    types((y) => tf.exp(tf.mul(tf.mul(y, -0.5), tf.abs(y)))),
    ['float32'],
  )
  t.deepEqual(
    types((y) => tf.grad((y) => gelu(y))(y)),
    ['float16'],
  )
})

test('the gradient of GELU is right where the square leaves float16', async (t) => {
  const fn = ({ x, one }: Record<string, tf.Tensor>) => ({
    slope: tf.grad((y) => gelu(y))(tf.matMul(x as tf.Tensor2D, one as tf.Tensor2D)),
  })
  const data = Float32Array.of(-3000, -700, -5, -0.7, 0, 0.3, 2, 700)
  const [single, mixed] = await run(fn, {
    x: { dtype: 'float32', shape: [8, 1], data },
    one: { dtype: 'float32', shape: [1, 1], data: Float32Array.of(1) },
  } as Parameters<typeof run>[1])
  assertClose(t, mixed.slope.data, single.slope.data, 4 * ROUNDING)
})

test('sums over leading axes become products with ones', async (t) => {
  const fn = ({ x, w }: Record<string, tf.Tensor>) => {
    const y = tf.reshape(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), [2, 3, 5, 1])
    return { rows: tf.sum(y, [0, 1]), columns: tf.sum(y, 2), all: tf.sum(y) }
  }
  const nodes = half(fn, { x: floats(6, 4), w: floats(4, 5) })
  t.deepEqual(typesOf(nodes, 'MatMul'), ['float16', 'float16'])
  t.deepEqual(typesOf(nodes, 'ReduceSum'), ['float16', 'float16'])
  const [single, mixed] = await run(fn, {
    x: waves([6, 4], { offset: 2 }),
    w: waves([4, 5], { offset: 1 }),
  })
  for (const name of ['rows', 'columns', 'all']) {
    t.true(distance(mixed[name].data, single[name].data) < 4 * ROUNDING, name)
  }
})

test('a move takes the type of all that it moves, or else that which all its users want', async (t) => {
  const fn = ({ x, w, v }: Record<string, tf.Tensor>) => {
    const layer = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)
    const cut = (from: number) => tf.slice(v as tf.Tensor2D, [from, 0], [5, 4])
    const [left, right] = tf.split(w as tf.Tensor2D, 2, 1) // each [4, 5]
    const y = layer(x, left) // [6, 5]
    const [shown, summed] = [cut(0), cut(1)]
    const parts = [layer(y, shown), layer(y, summed), layer(y, cut(2))]
    const joined = tf.concat(parts, 1) // [6, 12]
    const wide = tf.concat([tf.abs(joined), x], 1) // [6, 16]
    return { wide, shown, sum: tf.mean(summed, 0), z: layer(wide, layer(v, right)) }
  }
  const signatures = { x: floats(6, 4), w: floats(4, 10), v: floats(16, 4) }
  const types = typesOf(half(fn, signatures), 'Slice').sort()
  t.deepEqual(types, ['float16', 'float16', 'float16', 'float32', 'float32'])
  t.deepEqual(typesOf(half(fn, signatures), 'Concat'), ['float16', 'float32'])
  const inputs = { x: waves([6, 4]), w: waves([4, 10]), v: waves([16, 4]) }
  const [single, mixed] = await run(fn, inputs)
  t.deepEqual(mixed.shown.data, inputs.v.data.slice(0, 20))
  t.deepEqual(mixed.sum.data, single.sum.data)
  const xOf = (row: number) => inputs.x.data.slice(4 * row, 4 * row + 4)
  t.deepEqual(mixed.wide.data.slice(12, 16), xOf(0))
})
