import test from 'ava'
import { floats } from '../../host_tensor.js'
import { clipBoxes, decodeBoxes, encodeBoxes } from '../../ops/box_coder.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const anchor = tf.tensor2d([[10, 20, 50, 100]])
const boxHead = { stds: [0.1, 0.1, 0.2, 0.2] as const }

test('encoding gives the numbers of mmdetection 2.x', (t) => {
  const box = tf.tensor2d([[14, 18, 60, 90]])
  assertClose(t, encodeBoxes(anchor, box), [0.175, -0.075, 0.1397619, -0.1053605], 1e-6)
  assertClose(t, encodeBoxes(anchor, box, boxHead), [1.75, -0.75, 0.6988097, -0.5268026], 1e-6)
})

test('sizes grow and shrink by 62.5 at most, and clipping cuts at the image', (t) => {
  const decoded = decodeBoxes(tf.tensor2d([[0.5, -0.5, 10, -10]]), anchor)
  const [left, top, right, bottom] = decoded.dataSync()
  assertClose(t, [right - left, bottom - top], [40 * 62.5, 80 / 62.5], 1e-5)
  const clipped = clipBoxes(tf.expandDims(decoded, 0), tf.tensor2d([[600, 800]]))
  assertClose(t, clipped, [0, 19.36, 800, 20.64])
})

test('decoding undoes encoding, with any normalisation', (t) => {
  const anchors = tf.tensor2d([
    [0, 0, 8, 16],
    [-30, 5, 40, 9],
    [100, 200, 101, 900],
  ])
  const boxes = tf.tensor2d([
    [3, 2, 4, 90],
    [500, 6, 1300, 8],
    [90, 190, 130, 210],
  ])
  const means = [0.1, -0.2, 0.3, 0.4] as const
  for (const options of [{}, boxHead, { means }, { means, ...boxHead }]) {
    const deltas = encodeBoxes(anchors, boxes, options)
    assertClose(t, decodeBoxes(deltas, anchors, options), boxes, 1e-5)
  }
})

test('shifts are not clamped', (t) => {
  assertClose(t, decodeBoxes(tf.tensor2d([[100, -100, 0, 0]]), anchor), [4010, -7980, 4050, -7900])
})

test('clipping uses the height for y and the width for x of each image', (t) => {
  const far = tf.tensor3d([-5, -6, 1000, 1000, 20, 30, 40, 50], [2, 1, 4])
  const sizes = tf.tensor2d([
    [30, 70],
    [35, 25],
  ])
  assertClose(t, clipBoxes(far, sizes), [0, 0, 70, 30, 20, 30, 25, 35])
})

test('no boxes give no deltas and no boxes', (t) => {
  const none = tf.zeros([0, 4]) as tf.Tensor2D
  t.deepEqual(encodeBoxes(none, none).shape, [0, 4])
  t.deepEqual(decodeBoxes(none, none).shape, [0, 4])
})

test('traced, boxes are as eager', async (t) => {
  const both = ({ anchors, deltas }: Record<'anchors' | 'deltas', tf.Tensor>) => {
    const decoded = decodeBoxes(deltas as tf.Tensor2D, anchors as tf.Tensor2D, boxHead)
    const clipped = clipBoxes(tf.expandDims(decoded, 0), tf.tensor2d([[20, 30]]))
    return { decoded, clipped, deltas: encodeBoxes(anchors as tf.Tensor2D, decoded) }
  }
  await tracedEqualsEager(t, both, {
    anchors: floats([0, 0, 10, 20, 5, 5, 30, 40], [2, 4]),
    deltas: floats([1, -2, 3, 30, 0.5, 0, -3, 1], [2, 4]),
  })
})
