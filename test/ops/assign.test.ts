import test from 'ava'
import { floats, ints } from '../../host_tensor.js'
import { type AssignOptions, assignByMaxIou, BACKGROUND, IGNORED } from '../../ops/assign.js'
import { validAnchors } from '../../ops/valid_anchors.js'
import * as tf from '../../tf/tf.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const retina: AssignOptions = { posIouThr: 0.5, negIouThr: 0.4, minPosIou: 0 }

function assign(
  anchors: number[][],
  boxes: number[][],
  {
    labels = boxes.map((_, i) => i + 10),
    valid = anchors.map(() => true),
    options = retina,
  }: { labels?: number[]; valid?: boolean[]; options?: AssignOptions } = {},
) {
  const assignment = assignByMaxIou(
    tf.tensor2d(anchors, [anchors.length, 4]),
    tf.tensor1d(valid, 'bool'),
    {
      boxesXyxy: tf.tensor2d(boxes, [boxes.length, 4]),
      labels: tf.tensor1d(labels, 'int32'),
    },
    options,
  )
  return {
    matches: Array.from(assignment.matches.dataSync()),
    labels: Array.from(assignment.labels.dataSync()),
  }
}

/** A box 10 high from x = 0 to `width`, whose IoU with a 10 x 10 one is `width / 10` up to 10. */
const wide = (width: number) => [0, 0, width, 10]

test('0.5 is positive, 0.4 is ignored, less is background', (t) => {
  const anchors = [wide(10), wide(5), wide(4.5), wide(4), wide(3.9)]
  t.deepEqual(assign(anchors, [wide(10)]), {
    matches: [0, 0, IGNORED, IGNORED, BACKGROUND],
    labels: [10, 10, IGNORED, IGNORED, BACKGROUND],
  })
})

test('a box claims its best anchor below every threshold', (t) => {
  t.deepEqual(assign([wide(2), wide(1)], [wide(10)]).matches, [0, BACKGROUND])
})

test('a box claims all its best anchors', (t) => {
  const anchors = [
    [0, 0, 2, 10],
    [8, 0, 10, 10],
    [0, 0, 1, 10],
  ]
  t.deepEqual(assign(anchors, [wide(10)]).matches, [0, 0, BACKGROUND])
})

test('minPosIou limits what a box may claim', (t) => {
  const options = { ...retina, minPosIou: 0.3 }
  t.deepEqual(assign([wide(2), wide(1)], [wide(10)], { options }).matches, [-1, -1])
  t.deepEqual(assign([wide(3), wide(1)], [wide(10)], { options }).matches, [0, -1])
})

test('an anchor takes the first of equally good boxes, but the last that claims it wins', (t) => {
  const boxes = [wide(10), wide(10)]
  // Both boxes claim anchor 0, their best; anchor 1 is positive by its IoU alone.
  t.deepEqual(assign([wide(10), wide(8)], boxes).matches, [1, 0])
})

test('a claim takes an anchor from a box that fits it better, unless that one comes later', (t) => {
  // Both boxes have their best IoU with anchor 1: box 0 of 1, box 1 of only 1/3.
  const boxes = [wide(9), wide(3)]
  t.deepEqual(assign([wide(10), wide(9)], boxes).matches, [0, 1])
  t.deepEqual(assign([wide(10), wide(9)], boxes.toReversed()).matches, [1, 1])
})

test('a box that overlaps nothing claims all anchors at IoU 0', (t) => {
  const boxes = [[500, 500, 510, 510], wide(10)]
  const anchors = [wide(10), [700, 0, 710, 10], wide(1)]
  t.deepEqual(assign(anchors, boxes).matches, [1, 0, 0])
})

test('without ground truth, and with padding alone, all anchors are background', (t) => {
  const anchors = [wide(10), wide(1)]
  t.deepEqual(assign(anchors, []).labels, [BACKGROUND, BACKGROUND])
  const padding = [[0, 0, 0, 0], wide(10)]
  t.deepEqual(assign(anchors, padding, { labels: [-1, -1] }).labels, [BACKGROUND, BACKGROUND])
})

test('padding claims nothing, whatever its boxes hold', (t) => {
  const anchors = [wide(10), wide(3), [50, 50, 60, 60]]
  const alone = assign(anchors, [wide(9)], { labels: [3] })
  const boxes = [wide(9), [0, 0, 0, 0], [50, 50, 60, 60]]
  t.deepEqual(assign(anchors, boxes, { labels: [3, -1, -1] }), alone)
})

test('invalid anchors are ignored and are never the best of a box', (t) => {
  const anchors = [wide(10), wide(2), wide(1)]
  const valid = [false, true, true]
  t.deepEqual(assign(anchors, [wide(10)], { valid }).matches, [IGNORED, 0, BACKGROUND])
  t.deepEqual(assign(anchors, [], { valid }).matches, [IGNORED, BACKGROUND, BACKGROUND])
})

test('boxes in another order get the same anchors where there are no ties', (t) => {
  const anchors = [wide(10), [20, 0, 30, 10], [21, 0, 30, 9], [40, 3, 55, 11], [0, 0, 60, 60]]
  const boxes = [
    [1, 0, 10, 10],
    [20, 1, 31, 10],
    [41, 0, 50, 13],
  ]
  const forward = assign(anchors, boxes, { labels: [5, 6, 7] }).labels
  const backward = assign(anchors, boxes.toReversed(), { labels: [7, 6, 5] }).labels
  t.deepEqual(backward, forward)
})

interface AssignmentFixture {
  sizes: [number, number][]
  strides: number[]
  scales: number[]
  anchors: PackedTensor
  scenes: { padded: [number, number]; boxes: number[][]; matches: string }[]
}

test('48 scenes with ties, claims and invalid anchors match the reference exactly', (t) => {
  const fixture = readFixture<AssignmentFixture>('retinanet_assignment.json')
  const values = unpack(fixture.anchors)
  const anchors = Array.from({ length: values.length / 4 }, (_, i) =>
    Array.from(values.subarray(4 * i, 4 * i + 4)),
  )
  const { strides, scales } = fixture
  const options = { strides, scales, ratios: [0.5, 1, 2] }
  for (const [i, { padded, boxes, matches }] of fixture.scenes.entries()) {
    const levels = validAnchors(fixture.sizes, tf.tensor2d([padded]), options)
    const valid = levels.flatMap((level) => Array.from(level.dataSync(), Boolean))
    const found = assign(anchors, boxes, { valid }).matches
    const spelled = found.map((m) => (m === BACKGROUND ? '.' : m === IGNORED ? '-' : m)).join('')
    t.is(spelled, matches, `scene ${i}`)
  }
})

test('traced, assignment is as eager', async (t) => {
  const fixture = readFixture<AssignmentFixture>('retinanet_assignment.json')
  const toMatches = ({
    anchors,
    boxes,
    labels,
  }: Record<'anchors' | 'boxes' | 'labels', tf.Tensor>) => {
    const valid = tf.greater(tf.slice(anchors, [0, 2], [-1, 1]), 20)
    const targets = { boxesXyxy: boxes as tf.Tensor2D, labels: labels as tf.Tensor1D }
    const isValid = tf.reshape(valid, [-1]) as tf.Tensor1D
    return { ...assignByMaxIou(anchors as tf.Tensor2D, isValid, targets, retina) }
  }
  const { boxes } = fixture.scenes.find((scene) => scene.boxes.length > 4) ?? fixture.scenes[0]
  await tracedEqualsEager(t, toMatches, {
    anchors: floats(unpack(fixture.anchors), fixture.anchors.shape),
    boxes: floats([...boxes.flat(), 0, 0, 0, 0], [boxes.length + 1, 4]),
    labels: ints([...boxes.map((_, i) => i), -1], [boxes.length + 1]),
  })
})
