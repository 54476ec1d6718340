import test from 'ava'
import { boxIou } from '../../ops/box_iou.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

const boxes = tf.tensor2d([
  [0, 0, 10, 10],
  [5, 0, 15, 10],
  [10, 0, 20, 10],
  [2, 2, 4, 7],
])

test('IoU is the share of the union that both boxes cover', (t) => {
  assertClose(t, boxIou(boxes, tf.slice(boxes, [0, 0], [3, 4])), [
    [1, 50 / 150, 0],
    [50 / 150, 1, 50 / 150],
    [0, 50 / 150, 1],
    [0.1, 0, 0],
  ])
})

test('IoU is symmetric and does not change when everything moves or grows', (t) => {
  const table = boxIou(boxes, boxes)
  assertClose(t, table, tf.transpose(table))
  assertClose(t, boxIou(tf.add(boxes, 7) as tf.Tensor2D, tf.add(boxes, 7) as tf.Tensor2D), table)
  assertClose(t, boxIou(tf.mul(boxes, 3) as tf.Tensor2D, tf.mul(boxes, 3) as tf.Tensor2D), table)
})

test('an empty box has IoU 0, even with itself', (t) => {
  const empty = tf.tensor2d([[3, 3, 3, 3]])
  assertClose(t, boxIou(empty, empty), [0])
  assertClose(t, boxIou(empty, boxes), [0, 0, 0, 0])
})

test('a union below a millionth of a pixel counts as that', (t) => {
  const tiny = tf.tensor2d([[0, 0, 1e-4, 1e-4]]) // area 1e-8
  assertClose(t, boxIou(tiny, tiny), [0.01], 1e-6)
})
