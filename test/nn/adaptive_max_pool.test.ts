import test from 'ava'
import { floats } from '../../host_tensor.js'
import { adaptiveMaxPool, Random } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

/** The definition, for one channel of one image. */
function plainPool(x: number[][], size: number): number[][] {
  const bin = (i: number, side: number) => [
    Math.floor((i * side) / size),
    Math.ceil(((i + 1) * side) / size),
  ]
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => {
      const rows = x.slice(...bin(i, x.length))
      return Math.max(...rows.flatMap((row) => row.slice(...bin(j, x[0].length))))
    }),
  )
}

for (const [height, width, size, note] of [
  [6, 6, 3, 'halves'],
  [75, 75, 38, 'overlaps by one, as in VanillaNet'],
  [19, 19, 10, 'overlaps by one, as in VanillaNet'],
  [7, 7, 5, 'has irregular bins'],
  [8, 11, 3, 'is not square'],
  [3, 3, 5, 'has more bins than cells'],
  [4, 4, 4, 'keeps every cell'],
] as const) {
  test(`${height}x${width} to ${size}x${size}, which ${note}, takes the largest value of each bin`, (t) => {
    // Below zero: padding must not win
    const x = tf.sub(tf.randomUniform([height, width], 0, 1, 'float32', 1), 2)
    const y = adaptiveMaxPool(tf.reshape(x, [1, height, width, 1]), size)
    t.deepEqual(y.shape, [1, size, size, 1])
    assertClose(t, y, plainPool(x.arraySync() as number[][], size))
  })
}

for (const [side, size] of [
  [5, 3],
  [7, 5],
]) {
  test(`the gradient of ${side} to ${size} goes to each bin's largest cell`, (t) => {
    const x = tf.reshape(tf.range(0, side * side), [1, side, side, 1]) as tf.Tensor4D
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(adaptiveMaxPool(x as tf.Tensor4D, size)))(x)
    // Values rise along both axes, so the last cell of each bin wins.
    const expected = Array<number>(side * side).fill(0)
    const last = (i: number) => Math.ceil(((i + 1) * side) / size) - 1
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) expected[last(i) * side + last(j)] += 1
    }
    assertClose(t, gradient, expected)
  })
}

for (const [side, size] of [
  [5, 3],
  [7, 5],
]) {
  test(`${side} to ${size} is the same traced, with its gradient`, async (t) => {
    const random = new Random(1)
    const x = Float32Array.from({ length: side * side * 2 }, () => random.normal())
    const valueAndGradient = ({ x }: { x: tf.Tensor }) =>
      tf.valueAndGrad((x: tf.Tensor) => tf.sum(tf.square(adaptiveMaxPool(x as tf.Tensor4D, size))))(
        x,
      )
    await tracedEqualsEager(t, valueAndGradient, { x: floats(x, [1, side, side, 2]) })
  })
}
