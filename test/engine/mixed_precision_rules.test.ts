import test from 'ava'
import type { TensorTree } from '../../engine/index.js'
import { trace } from '../../engine/trace/trace.js'
import { layerNorm } from '../../nn/index.js'
import { fullPrecision, gelu } from '../../ops/index.js'
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
  typesOf,
  waves,
} from '../helpers/mixed_precision.js'

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

test('nor does a move make numbers of float16 that it cannot hold', (t) => {
  const typeWith = (fill: number) => {
    const nodes = half(
      ({ x, w }) => {
        const y = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)
        return { y: tf.relu(tf.concat([y, tf.fill([6, 2], fill)], 1)) }
      },
      { x: floats(6, 4), w: floats(4, 5) },
    )
    return typesOf(nodes, 'Relu')[0]
  }
  t.is(typeWith(1), 'float16')
  t.is(typeWith(-1e9), 'float32')
})

test('truth values become numbers of the type they meet', async (t) => {
  const fn = ({ x, w }: Record<string, tf.Tensor>) => {
    const y = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)
    return { y: tf.relu(tf.add(y, tf.cast(tf.greater(y, 0), 'float32'))) }
  }
  const nodes = half(fn, { x: floats(6, 4), w: floats(4, 5) })
  allAre(t, nodes, 'Relu', 'float16')
  const [single, mixed] = await run(fn, { x: waves([6, 4]), w: waves([4, 5]) })
  t.true(distance(mixed.y.data, single.y.data) < 4 * ROUNDING)
})

test('maps are enlarged in float16 by factors of float32', async (t) => {
  const fn = ({ x, w }: Record<string, tf.Tensor>) => {
    const map = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')
    return { y: tf.image.resizeNearestNeighbor(map, [12, 8]) }
  }
  allAre(t, half(fn, { x: floats(1, 6, 4, 3), w: floats(3, 3, 3, 2) }), 'Resize', 'float16')
  const [single, mixed] = await run(fn, { x: waves([1, 6, 4, 3]), w: waves([3, 3, 3, 2]) })
  t.true(distance(mixed.y.data, single.y.data) < 4 * ROUNDING)
})

test('what is scattered is float16 unless it is added up', (t) => {
  const types = (stride: number) => {
    const nodes = half(
      ({ x, w }) => {
        const layer = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')
        const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, stride, 'valid')
        return { g: tf.grad((map) => layer(pool(map)))(layer(x)) }
      },
      { x: floats(1, 6, 4, 3), w: floats(3, 3, 3, 3) },
    )
    return typesOf(nodes, 'ScatterElements')
  }
  t.deepEqual(types(1), ['float32']) // windows overlap
  t.deepEqual(types(2), ['float16'])
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
