import test from 'ava'
import { floats } from '../../host_tensor.js'
import { resizeNearest } from '../../ops/resize_nearest.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

/** Source cell of each target cell, by the published rule. */
const sources = (source: number, target: number) =>
  Array.from({ length: target }, (_, i) => Math.floor((i * source) / target))

test('doubling repeats each cell in both directions', (t) => {
  const map = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])
  const doubled = [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]
  assertClose(t, resizeNearest(map, [4, 4]), doubled)
})

const sizes: [from: [number, number], to: [number, number]][] = [
  [
    [2, 3],
    [4, 6],
  ],
  [
    [2, 3],
    [3, 5],
  ],
  [
    [2, 3],
    [4, 5],
  ],
  [
    [3, 2],
    [7, 5],
  ],
  [
    [1, 1],
    [1, 2],
  ],
  [
    [2, 4],
    [5, 4],
  ],
  [
    [7, 11],
    [13, 21],
  ],
]

for (const [[h, w], [height, width]] of sizes) {
  test(`${h} x ${w} to ${height} x ${width} repeats the cells of the rule, and sums their gradients`, (t) => {
    const [count, channels] = [2, 3]
    const index = (n: number, y: number, x: number, c: number) =>
      ((n * h + y) * w + x) * channels + c
    const values = Float32Array.from({ length: count * h * w * channels }, (_, i) => Math.sin(i))
    const weights: number[] = []
    const expected: number[] = []
    const gradient = new Float32Array(values.length)
    for (let n = 0; n < count; n++) {
      for (const y of sources(h, height)) {
        for (const x of sources(w, width)) {
          for (let c = 0; c < channels; c++) {
            const weight = Math.cos(weights.length)
            weights.push(weight)
            expected.push(values[index(n, y, x, c)])
            gradient[index(n, y, x, c)] += weight
          }
        }
      }
    }
    const maps = tf.tensor4d(values, [count, h, w, channels])
    const target = tf.tensor4d(weights, [count, height, width, channels])
    assertClose(t, resizeNearest(maps, [height, width]), expected)
    const weightedSum = (x: tf.Tensor) =>
      tf.sum(tf.mul(resizeNearest(x as tf.Tensor4D, [height, width]), target))
    assertClose(t, tf.grad(weightedSum)(maps), gradient)
  })
}

test('traced, value and gradient are as eager', async (t) => {
  const values = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i))
  for (const size of [
    [4, 6],
    [3, 5],
    [5, 8],
  ] as const) {
    const enlarged = ({ x }: { x: tf.Tensor }) => {
      const sumOfSquares = (x: tf.Tensor) =>
        tf.sum(tf.square(resizeNearest(x as tf.Tensor4D, size))) as tf.Scalar
      return { y: resizeNearest(x as tf.Tensor4D, size), grad: tf.grad(sumOfSquares)(x) }
    }
    await tracedEqualsEager(t, enlarged, { x: floats(values, [2, 2, 3, 5]) })
  }
})
