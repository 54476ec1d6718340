import test from 'ava'
import { floats } from '../../host_tensor.js'
import { validAnchors } from '../../ops/valid_anchors.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

/** Cells of 10 pixels in 2 rows and 3 columns, then one of 20; two anchors in each. */
const sizes: [number, number][] = [
  [2, 3],
  [1, 1],
]
const options = { strides: [10, 20], scales: [1, 2], ratios: [1] }

const validity = (padded: [number, number][]) =>
  validAnchors(sizes, tf.tensor2d(padded), options).map((level) => tf.cast(level, 'float32'))

test('an anchor is valid if the corner of its cell lies inside the padded image, its far edges excluded', (t) => {
  const [fine, coarse] = validity([
    [20, 20], // the third column starts at 20
    [10, 30], // the second row starts at 10
  ])
  assertClose(t, fine, [
    [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0],
    [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
  ])
  assertClose(t, coarse, [
    [1, 1],
    [1, 1],
  ])
})

test('an image without pixels has no valid anchor', (t) => {
  const [fine, coarse] = validity([[0, 0]])
  assertClose(t, fine, [Array(12).fill(0)])
  assertClose(t, coarse, [[0, 0]])
})

test('traced, validity is as eager', async (t) => {
  const fn = ({ padded }: { padded: tf.Tensor }) =>
    validAnchors(sizes, padded as tf.Tensor2D, options)
  await tracedEqualsEager(t, fn, { padded: floats([15, 25, 20, 30], [2, 2]) })
})
