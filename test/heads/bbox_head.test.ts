import test from 'ava'
import { BBoxHead, type BBoxOutputs, type BBoxTargets } from '../../heads/bbox_head.js'
import { BACKGROUND, IGNORED } from '../../ops/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

/** Two classes, RoIs of 2 x 2 cells with 3 channels. */
const smallHead = () => new BBoxHead({ numClasses: 2, inChannels: 3, roiSize: 2, fcChannels: 5 })

function targets(rois: number[][], labels: number[], boxes: number[][]): BBoxTargets {
  return {
    roisXyxy: tf.tensor2d(rois),
    labels: tf.tensor1d(labels, 'int32'),
    boxesXyxy: tf.tensor2d(boxes),
  }
}

/** Logits of probabilities, and deltas. */
function outputs(probabilities: number[][], deltas: number[][]): BBoxOutputs {
  return { classLogits: tf.log(tf.tensor2d(probabilities)), boxDeltas: tf.tensor2d(deltas) }
}

const roi = [0, 0, 10, 10]
const moved = [1, -1, 11, 9] // deltas 1, -1, 0, 0 in tenths of the RoI's size
const none = [0, 0, 0, 0]
const zeros = Array(8).fill(0)

test('parameters have the names, shapes and number of mmdetection', (t) => {
  const head = new BBoxHead({ numClasses: 80 })
  const shapes = Object.fromEntries(head.namedParameters().map(([name, p]) => [name, p.shape]))
  t.deepEqual(shapes, {
    'shared_fcs.0.weight': [1024, 12544],
    'shared_fcs.0.bias': [1024],
    'shared_fcs.1.weight': [1024, 1024],
    'shared_fcs.1.bias': [1024],
    'fc_cls.weight': [81, 1024],
    'fc_cls.bias': [81],
    'fc_reg.weight': [320, 1024],
    'fc_reg.bias': [320],
  })
  const count = (part: string) =>
    Object.entries(shapes)
      .filter(([name]) => name.startsWith(part))
      .reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b), 0)
  t.deepEqual(
    ['shared_fcs.0', 'shared_fcs.1', 'fc_cls', 'fc_reg'].map(count),
    [12_846_080, 1_049_600, 83_025, 328_000],
  )
})

test('fresh weights are as mmdetection draws them', (t) => {
  const head = new BBoxHead({ numClasses: 80, inChannels: 16, fcChannels: 64 }).initialize(0)
  const deviation = (values: Float32Array) =>
    Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)
  const bound = Math.sqrt(6 / (16 * 49 + 64))
  t.true(head.shared_fcs[0].weight.data.every((w) => Math.abs(w) <= bound))
  assertClose(t, deviation(head.shared_fcs[0].weight.data) / (bound / Math.sqrt(3)), 1, 0.02)
  assertClose(t, deviation(head.fc_cls.weight.data) / 0.01, 1, 0.05)
  assertClose(t, deviation(head.fc_reg.weight.data) / 0.001, 1, 0.05)
})

test('features are read channel by channel, each row by row', (t) => {
  const head = smallHead()
  head.shared_fcs[0].weight.data = Float32Array.from({ length: 60 }, (_, i) =>
    i < 12 ? 10 ** (i % 6) : 0,
  )
  // Output 0 of layer 0 passes through; the logits show it.
  head.shared_fcs[1].weight.data = Float32Array.from({ length: 25 }, (_, i) => (i === 0 ? 1 : 0))
  head.fc_cls.weight.data = Float32Array.from({ length: 15 }, (_, i) => (i === 0 ? 1 : 0))
  const channels = [
    [1, 2, 3, 4],
    [5, 6, 0, 0],
    [0, 0, 0, 0],
  ] // y, x
  const features = tf.transpose(tf.tensor4d(channels.flat(), [1, 3, 2, 2]), [0, 2, 3, 1])
  const { classLogits } = head.forward(features)
  assertClose(t, classLogits, [654_321, 0, 0])
})

test('classes cost the log of their probability, background is the last, all RoIs count', (t) => {
  const probabilities = [
    [0.5, 0.3, 0.2],
    [0.1, 0.8, 0.1],
    [0.2, 0.2, 0.6],
    [0.05, 0.05, 0.9],
  ]
  const { loss_cls, acc } = smallHead().loss(
    outputs(probabilities, [zeros, zeros, zeros, zeros]),
    targets([roi, roi, roi, none], [1, 1, BACKGROUND, IGNORED], [roi, roi, none, none]),
  )
  assertClose(t, loss_cls, -(Math.log(0.3) + Math.log(0.8) + Math.log(0.6)) / 3)
  assertClose(t, acc, 2 / 3)
})

test('boxes cost the difference of the deltas of their own class, by the number of all RoIs', (t) => {
  const even = [1, 1, 1]
  const deltas = [
    [9, 9, 9, 9, 0.5, -1, 0.25, 0], // class 1 is half a delta and a quarter away
    [1, -1, 0, -2, 9, 9, 9, 9], // class 0 is 2 away
    [9, 9, 9, 9, 9, 9, 9, 9],
    [9, 9, 9, 9, 9, 9, 9, 9],
  ]
  const { loss_bbox } = smallHead().loss(
    outputs([even, even, even, even], deltas),
    targets([roi, roi, roi, none], [1, 0, BACKGROUND, IGNORED], [moved, moved, none, none]),
  )
  assertClose(t, loss_bbox, (0.5 + 0.25 + 2) / 3)
})

test('rows that are not positive have finite targets and no box gradient', (t) => {
  const labels = [BACKGROUND, IGNORED]
  const given = targets([none, none], labels, [none, none])
  const loss = (deltas: tf.Tensor) => {
    const classLogits = tf.zeros([2, 3]) as tf.Tensor2D
    return smallHead().loss({ classLogits, boxDeltas: deltas as tf.Tensor2D }, given).loss_bbox
  }
  const { value, grad } = tf.valueAndGrad(loss)(tf.ones([2, 8]))
  assertClose(t, value, 0)
  assertClose(t, grad, Array(16).fill(0))
})

test('without any RoI all losses are 0', (t) => {
  const { loss_cls, loss_bbox, acc } = smallHead().loss(
    outputs([[0.5, 0.3, 0.2]], [zeros]),
    targets([none], [IGNORED], [none]),
  )
  assertClose(t, [loss_cls, loss_bbox, acc], [0, 0, 0])
})

test('each class has its own score and its own box', (t) => {
  const deltas = [[1, -1, 0, 0, 0, 0, Math.log(2) / 0.2, 0]]
  const { scores, boxesXyxy } = smallHead().decode(
    outputs([[0.5, 0.3, 0.2]], deltas),
    tf.tensor2d([roi]),
  )
  assertClose(t, scores, [0.5, 0.3])
  assertClose(t, boxesXyxy, [moved, [-5, 0, 15, 10]])
})
