import test from 'ava'
import { floats, type HostTensor, ints, sizeOf } from '../../host_tensor.js'
import { layerNorm } from '../../nn/layer_norm.js'
import { gelu } from '../../ops/gelu.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { tracedEqualsEager, withGradients } from '../helpers/traced_equals_eager.js'

type Inputs = Record<string, tf.Tensor>
interface Case {
  shapes: Record<string, number[]>
  fn: (inputs: Inputs) => tf.Tensor
  /** Inputs in (low, high). @default (-2, 2) */
  range?: [number, number]
}

const image = [2, 5, 6, 4]
const t4 = (x: tf.Tensor) => x as tf.Tensor4D

/** Channels last to channels first in memory: what follows meets a tensor that is not plain. */
const throughConv = (x: tf.Tensor) =>
  tf.conv2d(t4(x), tf.eye(4).reshape([1, 1, 4, 4]) as tf.Tensor4D, 1, 'valid')

const checks = tf.tensor(
  Float32Array.from({ length: 240 }, (_, i) => Math.cos(i)),
  image,
)

/** Rounding with the gradient of the identity. */
const rounded = tf.customGrad((x) => ({
  value: tf.round(x as tf.Tensor),
  gradFunc: (dy) => dy,
}))

const unary: Record<string, { fn: (x: tf.Tensor) => tf.Tensor; range?: [number, number] }> = {
  abs: { fn: tf.abs },
  neg: { fn: tf.neg },
  exp: { fn: tf.exp },
  log: { fn: tf.log, range: [0.1, 4] },
  log1p: { fn: tf.log1p, range: [-0.5, 4] },
  expm1: { fn: tf.expm1 },
  sqrt: { fn: tf.sqrt, range: [0.1, 4] },
  rsqrt: { fn: tf.rsqrt, range: [0.1, 4] },
  square: { fn: tf.square },
  reciprocal: { fn: tf.reciprocal, range: [0.5, 4] },
  sigmoid: { fn: tf.sigmoid },
  softplus: { fn: tf.softplus },
  tanh: { fn: tf.tanh },
  erf: { fn: tf.erf },
  gelu: { fn: gelu },
  sin: { fn: tf.sin },
  cos: { fn: tf.cos },
  relu: { fn: tf.relu },
  relu6: { fn: tf.relu6, range: [-2, 9] },
  elu: { fn: tf.elu },
  leakyRelu: { fn: (x) => tf.leakyRelu(x, 0.3) },
  clipByValue: { fn: (x) => tf.clipByValue(x, -0.7, 0.9) },
  softmax: { fn: (x) => tf.softmax(x) },
  logSoftmax: { fn: (x) => tf.logSoftmax(x) },
  mean: { fn: (x) => tf.mean(x, [1, 2]) },
  'mean, keeping axes': { fn: (x) => tf.mean(x, [0, 1, 2], true) },
  sum: { fn: (x) => tf.sum(x, [0, 3]) },
  'sum of everything': { fn: (x) => tf.sum(x) },
  max: { fn: (x) => tf.max(x, 3) },
  min: { fn: (x) => tf.min(x, [1, 2]) },
  reshape: { fn: (x) => tf.reshape(x, [2, 30, 2, 2]) },
  'reshape that merges across channels': { fn: (x) => tf.reshape(x, [10, 24]) },
  transpose: { fn: (x) => tf.transpose(x, [3, 0, 2, 1]) },
  slice: { fn: (x) => tf.slice(x, [0, 1, 2, 1], [2, 3, 3, 2]) },
  pad: {
    fn: (x) =>
      tf.pad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 1],
          [3, 0],
        ],
        0.5,
      ),
  },
  reverse: { fn: (x) => tf.reverse(x, [1, 3]) },
  tile: { fn: (x) => tf.tile(tf.reshape(x, [10, 24]), [2, 1]) },
  broadcastTo: { fn: (x) => tf.broadcastTo(tf.slice(x, [0, 0, 0, 0], [2, 1, 6, 1]), image) },
  concat: { fn: (x) => tf.concat([x, tf.square(x)], 2) },
  stack: { fn: (x) => tf.stack([x, tf.neg(x)], 1) },
  unstack: { fn: (x) => tf.add(tf.unstack(x, 2)[1], tf.unstack(x, 2)[4]) },
  'split into many': {
    fn: (x) => {
      const sizes = Array.from({ length: 60 }, (_, i) => (i % 3) + 1) // 120 in all
      const parts = tf.split(tf.reshape(x, [-1]), [...sizes, x.size - 120])
      return tf.concat([tf.mul(parts[1], 3), parts[60], parts[0], tf.square(parts[59])])
    },
  },
  split: { fn: (x) => tf.mul(tf.split(x, [1, 3], 3)[0], tf.split(x, [1, 3], 3)[1]) },
  gather: { fn: (x) => tf.gather(x, tf.tensor1d([4, 0, 0, 2], 'int32'), 1) },
  maxPool: { fn: (x) => tf.maxPool(t4(x), 2, 2, 'valid') },
  'maxPool with ties': { fn: (x) => tf.maxPool(t4(rounded(x)), 2, 2, 'valid') },
  'maxPool 3x3, stride 2, padding 1': { fn: (x) => tf.maxPool(t4(x), 3, 2, 1) },
  // Whole numbers from -2 to 2: most windows have several maxima, and most maxima several windows.
  'maxPool 3x3, stride 1, with ties': {
    fn: (x) => tf.maxPool(t4(rounded(x)), 3, 1, 'same'),
  },
  'maxPool 3x2, stride 1 and 2': { fn: (x) => tf.maxPool(t4(x), [3, 2], [1, 2], 'valid') },
  where: { fn: (x) => tf.where(tf.greater(checks, 0.3), x, tf.mul(x, -2)) },
}

const cases: Record<string, Case> = {
  add: { shapes: { a: image, b: [4] }, fn: ({ a, b }) => tf.add(a, b) },
  sub: { shapes: { a: [6, 4], b: image }, fn: ({ a, b }) => tf.sub(a, b) },
  mul: { shapes: { a: [2, 1, 6, 1], b: [5, 1, 4] }, fn: ({ a, b }) => tf.mul(a, b) },
  div: { shapes: { a: image, b: [6, 1] }, range: [0.5, 2], fn: ({ a, b }) => tf.div(a, b) },
  maximum: { shapes: { a: image, b: image }, fn: ({ a, b }) => tf.maximum(a, b) },
  minimum: { shapes: { a: image, b: image }, fn: ({ a, b }) => tf.minimum(a, b) },
  pow: { shapes: { a: image, b: [4] }, range: [0.5, 2], fn: ({ a, b }) => tf.pow(a, b) },
  squaredDifference: {
    shapes: { a: image, b: image },
    fn: ({ a, b }) => tf.squaredDifference(a, b),
  },
  prelu: { shapes: { x: image, slope: [4] }, fn: ({ x, slope }) => tf.prelu(x, slope) },
  'prelu with one slope': {
    shapes: { x: image, slope: [] },
    fn: ({ x, slope }) => tf.prelu(t4(x), slope as never),
  },
  addN: { shapes: { a: image, b: image }, fn: ({ a, b }) => tf.addN([a, b, a]) },
  matMul: {
    shapes: { a: [3, 4, 5], b: [3, 5, 2] },
    fn: ({ a, b }) => tf.matMul(a, b),
  },
  'matMul of transposed sides': {
    shapes: { a: [3, 5, 4], b: [3, 2, 5] },
    fn: ({ a, b }) => tf.matMul(a, b, true, true),
  },
  'matMul with a transposed view': {
    shapes: { a: [4, 5], b: [2, 5] },
    fn: ({ a, b }) => tf.matMul(a as tf.Tensor2D, tf.transpose(b) as tf.Tensor2D),
  },
  layerNorm: {
    shapes: { x: [10, 24], weight: [24], bias: [24] },
    fn: ({ x, weight, bias }) =>
      layerNorm(x as tf.Tensor2D, weight as tf.Tensor1D, bias as tf.Tensor1D, 1e-5),
  },
  'layerNorm, after a convolution': {
    shapes: { x: image, weight: [4], bias: [4] },
    fn: ({ x, weight, bias }) =>
      layerNorm(
        tf.reshape(throughConv(x), [60, 4]) as tf.Tensor2D,
        weight as tf.Tensor1D,
        bias as tf.Tensor1D,
        1e-5,
      ),
  },
  'batchNorm with given statistics': {
    shapes: { x: image, mean: [4], scale: [4], offset: [4] },
    fn: ({ x, mean, scale, offset }) =>
      tf.batchNorm(x, mean, tf.tensor1d([1, 2, 0.5, 3]), offset, scale, 1e-3),
  },
}

function random(shape: number[], seed: string, [low, high] = [-2, 2]): HostTensor {
  const stream = new Random('kernels', seed)
  const values = Float32Array.from(
    { length: sizeOf(shape) },
    () => low + (high - low) * stream.uniform(),
  )
  return floats(values, shape)
}

for (const [name, { fn, range }] of Object.entries(unary)) {
  cases[name] = { shapes: { x: image }, range, fn: ({ x }) => fn(x) }
  cases[`${name}, after a convolution`] = {
    shapes: { x: image },
    range,
    fn: ({ x }) => fn(throughConv(x)),
  }
}

for (const [name, { shapes, fn, range }] of Object.entries(cases)) {
  test(`${name}: traced equals eager, with gradients`, async (t) => {
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => [key, random(shape, `${name} ${key}`, range)]),
    )
    await tracedEqualsEager(t, withGradients(fn), inputs, 1e-4)
  })
}

// The CPU backend's own gradient mixes up images of a batch, so that a batch of one is the
// reference.
for (const size of [
  [10, 12],
  [9, 11],
] as [number, number][]) {
  test(`resizeNearestNeighbor to ${size}: traced equals eager, with gradients`, async (t) => {
    const inputs = { x: random([1, 5, 6, 4], `resize ${size}`) }
    const fn = ({ x }: Inputs) => tf.image.resizeNearestNeighbor(t4(x), size)
    await tracedEqualsEager(t, withGradients(fn), inputs)
  })
}

const forwardOnly: Record<string, (x: tf.Tensor, k: tf.Tensor) => tf.Tensor> = {
  argMax: (x) => tf.argMax(x, 2),
  argMin: (x) => tf.argMin(x, 3),
  'topk values': (x) => tf.topk(x, 3).values,
  'topk indices': (x) => tf.topk(x, 3).indices,
  cumsum: (x) => tf.cumsum(x, 3, true, true),
  avgPool: (x) => tf.avgPool(t4(x), 2, 2, 'valid'),
  floor: (x) => tf.floor(x),
  ceil: (x) => tf.ceil(x),
  round: (x) => tf.round(tf.mul(x, 3.3)),
  sign: (x) => tf.sign(x),
  isNaN: (x) => tf.isNaN(x),
  isFinite: (x) => tf.isFinite(tf.div(1, tf.relu(x))),
  greater: (x) => tf.greater(x, tf.reverse(x, 0)),
  greaterEqual: (x) => tf.greaterEqual(x, 0.5),
  less: (x) => tf.less(x, 0.5),
  lessEqual: (x) => tf.lessEqual(x, tf.tensor1d([0, 1, -1, 2])),
  'equal on int32': (_, k) => tf.equal(k, 2),
  'notEqual on int32': (_, k) => tf.notEqual(k, 2),
  'logicalAnd, logicalOr, logicalNot': (x) =>
    tf.logicalAnd(tf.logicalNot(tf.less(x, 0)), tf.logicalOr(tf.greater(x, 1), tf.less(x, 0.5))),
  all: (x) => tf.all(tf.greater(x, -1.5), [1, 3]),
  any: (x) => tf.any(tf.greater(x, 1.5), [1, 3]),
  'cast to int32': (x) => tf.cast(tf.mul(x, 5), 'int32'),
  'int32 arithmetic': (_, k) => tf.sub(tf.mul(k, k), tf.add(k, tf.scalar(7, 'int32'))),
  'maximum of int32': (_, k) => tf.maximum(k, tf.scalar(2, 'int32')),
  'max of int32': (_, k) => tf.max(k, 0),
  'sum of int32': (_, k) => tf.sum(k),
  'mean of int32': (_, k) => tf.mean(k),
  'concat of empty parts': () => tf.concat([tf.zeros([2, 0]), tf.zeros([3, 0])], 0),
  'where on int32': (_, k) => tf.where(tf.greater(k, 2), k, tf.neg(k)),
  floorDiv: (_, k) => tf.floorDiv(tf.sub(k, tf.scalar(3, 'int32')), tf.scalar(2, 'int32')),
  mod: (x) => tf.mod(x, 0.7),
  oneHot: (_, k) => tf.oneHot(k as tf.Tensor1D, 6),
  'oneHot of -1 is empty': (_, k) => tf.oneHot(tf.sub(k, tf.scalar(2, 'int32')) as tf.Tensor1D, 6),
  'gather in batches': (x, k) =>
    tf.gather(
      tf.reshape(x, [2, 5, 24]),
      tf.reshape(tf.slice(tf.cast(k, 'int32'), [0], [4]), [2, 2]),
      1,
      1,
    ),
  'gather of int32 in batches': (_, k) =>
    tf.gather(
      tf.reshape(tf.slice(k, [0], [4]), [2, 2]),
      tf.tensor2d(
        [
          [1, 0, 1],
          [0, 0, 1],
        ],
        [2, 3],
        'int32',
      ),
      1,
      1,
    ),
  gatherND: (x) =>
    tf.gatherND(
      x,
      tf.tensor2d(
        [
          [1, 4, 5],
          [0, 2, 3],
        ],
        [2, 3],
        'int32',
      ),
    ),
  'gather of a table by a matrix of indices': (x) =>
    tf.gather(
      tf.reshape(x, [60, 4]),
      tf.tensor2d(
        [
          [1, 59],
          [0, 7],
        ],
        [2, 2],
        'int32',
      ),
    ),
  'gather along an inner axis by a matrix of indices': (x) =>
    tf.gather(tf.reshape(x, [2, 30, 4]), tf.tensor2d([29, 0, 3, 7, 7, 1], [3, 2], 'int32'), 1),
  'gather of known numbers': (x) => {
    const table = tf.reshape(tf.range(0, 24), [2, 3, 4])
    const rows = tf.gather(table, tf.tensor1d([2, 0, 2], 'int32'), 1) // [2, 3, 4]
    return tf.mul(tf.slice(x, [0, 0, 0, 0], [2, 3, 4, 1]), tf.expandDims(rows, 3))
  },
  'gather of equal known numbers': (x) =>
    tf.add(x, tf.gather(tf.fill([3, 4], 2), tf.tensor1d([2, 0, 2, 1, 1, 0], 'int32'))),
  stridedSlice: (x) => tf.stridedSlice(x, [0, 0, 1, 0], [2, 5, 6, 4], [1, 2, 2, 3]),
  range: () => tf.range(3, 17, 4, 'int32'),
  linspace: () => tf.linspace(0, 1, 7),
  'fill, onesLike, zerosLike': (x) =>
    tf.add(tf.add(tf.fill([4], 3), tf.onesLike(x)), tf.zerosLike(x)),
  'a constant of many numbers': (x) =>
    tf.add(
      x,
      tf.tensor(
        Float32Array.from({ length: 240 }, (_, i) => i),
        image,
      ),
    ),
}

for (const [name, fn] of Object.entries(forwardOnly)) {
  test(`${name}: traced equals eager`, async (t) => {
    const inputs = { x: random(image, name), k: ints([0, 1, 2, 3, 4, 2], [6]) }
    await tracedEqualsEager(t, ({ x, k }: Inputs) => fn(x, k), inputs)
    await tracedEqualsEager(t, ({ x, k }: Inputs) => fn(throughConv(x), k), inputs)
  })
}
