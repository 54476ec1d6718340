import test from 'ava'
import { floats, sizeOf } from '../../host_tensor.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { tracedEqualsEager, withGradients } from '../helpers/traced_equals_eager.js'

type Inputs = Record<string, tf.Tensor>
interface Case {
  shapes: Record<string, number[]>
  fn: (inputs: Inputs) => tf.Tensor
}

const image = [2, 5, 6, 4]
const t4 = (x: tf.Tensor) => x as tf.Tensor4D
const around = (pad: number): [[0, 0], [number, number], [number, number], [0, 0]] => [
  [0, 0],
  [pad, pad],
  [pad, pad],
  [0, 0],
]
const pads = around(1)

const cases: Record<string, Case> = {
  'conv2d 1x1': {
    shapes: { x: image, w: [1, 1, 4, 3] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 1, 'valid'),
  },
  'conv2d 3x3 same': {
    shapes: { x: image, w: [3, 3, 4, 2] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 1, 'same'),
  },
  'conv2d 3x3, stride 2, padding 1': {
    shapes: { x: [2, 7, 6, 4], w: [3, 3, 4, 2] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 2, pads),
  },
  'conv2d 4x4, stride 4, with rows left over': {
    shapes: { x: [2, 9, 11, 3], w: [4, 4, 3, 5] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 4, 'valid'),
  },
  'conv2d 7x7, stride 2, padding 3, of odd sizes': {
    shapes: { x: [2, 13, 18, 3], w: [7, 7, 3, 5] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 2, around(3)),
  },
  'conv2d 3x3, stride 2, padding 1, of even sizes': {
    shapes: { x: [1, 8, 10, 4], w: [3, 3, 4, 2] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 2, pads),
  },
  'conv2d 1x1, stride 2': {
    shapes: { x: [2, 7, 6, 4], w: [1, 1, 4, 3] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 2, 'valid'),
  },
  'conv2d 1x1, stride 2, channels in blocks': {
    shapes: { x: [2, 33, 32, 16], w: [1, 1, 16, 32] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 2, 'valid'),
  },
  'conv2d with a kernel times a scale, plus a shift': {
    shapes: { x: image, w: [3, 4, 3, 3], scale: [3], shift: [3] },
    fn: ({ x, w, scale, shift }) => {
      const kernel = tf.mul(tf.transpose(t4(w), [2, 3, 1, 0]), scale)
      return tf.add(tf.conv2d(t4(x), t4(kernel), 1, 'same'), shift)
    },
  },
  'conv2d with a kernel kept as OIHW': {
    shapes: { x: image, w: [2, 4, 3, 3] },
    fn: ({ x, w }) => tf.conv2d(t4(x), tf.transpose(t4(w), [2, 3, 1, 0]), 1, 'same'),
  },
  'conv2d 3x3 same, channels in blocks': {
    shapes: { x: [2, 12, 11, 16], w: [3, 3, 16, 32] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 1, 'same'),
  },
  'conv2d 3x3, stride 2, channels in blocks': {
    shapes: { x: [1, 33, 33, 32], w: [3, 3, 32, 16] },
    fn: ({ x, w }) => tf.conv2d(t4(x), t4(w), 2, pads),
  },
  'conv2d 2x3 valid, channels in blocks, with a bias': {
    shapes: { x: [3, 11, 12, 16], w: [2, 3, 16, 16], b: [16] },
    fn: ({ x, w, b }) => tf.add(tf.conv2d(t4(x), t4(w), 1, 'valid'), b),
  },
  'depthwiseConv2d 5x5 same': {
    shapes: { x: image, w: [5, 5, 4, 1] },
    fn: ({ x, w }) => tf.depthwiseConv2d(t4(x), t4(w), 1, 'same'),
  },
  'depthwiseConv2d 5x5 same, channels in blocks': {
    shapes: { x: [2, 9, 7, 32], w: [5, 5, 32, 1] },
    fn: ({ x, w }) => tf.depthwiseConv2d(t4(x), t4(w), 1, 'same'),
  },
  'depthwiseConv2d 3x3 same, channels in blocks, with a bias': {
    shapes: { x: [2, 5, 6, 32], w: [3, 3, 32, 1], b: [32] },
    fn: ({ x, w, b }) => tf.add(tf.depthwiseConv2d(t4(x), t4(w), 1, 'same'), b),
  },
  'depthwiseConv2d 3x3 valid, channels in blocks': {
    shapes: { x: [1, 6, 8, 16], w: [3, 3, 16, 1] },
    fn: ({ x, w }) => tf.depthwiseConv2d(t4(x), t4(w), 1, 'valid'),
  },
  'depthwiseConv2d 3x3, stride 2': {
    shapes: { x: [2, 8, 7, 4], w: [3, 3, 4, 1] },
    fn: ({ x, w }) => tf.depthwiseConv2d(t4(x), t4(w), 2, pads),
  },
  'two convolutions with a bias and ReLU between': {
    shapes: { x: image, w: [3, 3, 4, 4], b: [4], v: [1, 1, 4, 2] },
    fn: ({ x, w, b, v }) => {
      const hidden = tf.relu(tf.add(tf.conv2d(t4(x), t4(w), 1, 'same'), b))
      return tf.conv2d(t4(hidden), t4(v), 1, 'valid')
    },
  },
}

for (const [name, { shapes, fn }] of Object.entries(cases)) {
  test(`${name}: traced equals eager, with gradients`, async (t) => {
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => {
        const stream = new Random('kernels', `${name} ${key}`)
        const values = Array.from({ length: sizeOf(shape) }, () => 4 * stream.uniform() - 2)
        return [key, floats(values, shape)]
      }),
    )
    await tracedEqualsEager(t, withGradients(fn), inputs, 1e-4)
  })
}
