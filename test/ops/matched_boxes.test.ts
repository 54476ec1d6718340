import test from 'ava'
import { pyramidAnchors } from '../../ops/anchors.js'
import { anchorsBySide, matchedBoxes } from '../../ops/matched_boxes.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

const anchors = tf.tensor2d([
  [0, 0, 4, 4],
  [1, 2, 3, 4],
  [5, 5, 9, 9],
])

test('an anchor gets the box of its match, and itself where it has none', (t) => {
  const boxes = tf.tensor2d([
    [10, 11, 12, 13],
    [20, 21, 22, 23],
  ])
  assertClose(t, matchedBoxes(anchors, boxes, tf.tensor1d([1, -1, 0], 'int32')), [
    [20, 21, 22, 23],
    [1, 2, 3, 4],
    [10, 11, 12, 13],
  ])
})

test('without boxes, all anchors get themselves', (t) => {
  const matches = tf.tensor1d([-1, -2, -1], 'int32')
  assertClose(t, matchedBoxes(anchors, tf.zeros([0, 4]), matches), anchors.arraySync())
})

test('anchors by side are those of the pyramid', (t) => {
  const sizes: [number, number][] = [
    [2, 3],
    [1, 2],
  ]
  const options = { strides: [8, 16], scales: [4], ratios: [0.5, 1, 2] }
  assertClose(t, anchorsBySide(sizes, options).dataSync(), pyramidAnchors(sizes, options).data)
})
