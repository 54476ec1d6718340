import test from 'ava'
import { floats } from '../../../host_tensor.js'
import { multiclassNms, type NmsOptions } from '../../../ops/nms/nms.js'
import * as tf from '../../../tf/tf.js'
import { assertClose } from '../../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../../helpers/traced_equals_eager.js'

const detection: NmsOptions = { scoreThr: 0.05, iouThr: 0.5, maxPerImage: 4 }

/** Runs on one image; `scores` is a row for each class. */
function suppress(boxes: number[][], scores: number[][], options = detection) {
  const kept = multiclassNms(
    tf.tensor3d(boxes.flat(), [1, boxes.length, 4]),
    tf.tensor3d(scores.flat(), [1, scores.length, boxes.length]),
    options,
  )
  return {
    boxes: Array.from(kept.boxesXyxy.dataSync()),
    scores: Array.from(kept.scores.dataSync(), (score) => Number(score.toFixed(6))),
    labels: Array.from(kept.labels.dataSync()),
  }
}

const first = [0, 0, 10, 10]
const second = [1, 0, 11, 10] // IoU 9 / 11 with the first
const far = [50, 50, 60, 60]

test('of overlapping boxes the best is kept, and rows without a detection are marked', (t) => {
  t.deepEqual(suppress([first, second, far], [[0.6, 0.9, 0.3]]), {
    boxes: [...second, ...far, ...Array(8).fill(0)],
    scores: [0.9, 0.3, 0, 0],
    labels: [0, 0, -1, -1],
  })
})

test('classes do not suppress each other, and results of all are ordered by score', (t) => {
  const { scores, labels } = suppress(
    [first, second],
    [
      [0.6, 0.5],
      [0.2, 0.8],
    ],
  )
  t.deepEqual(labels, [1, 0, -1, -1])
  t.deepEqual(scores, [0.8, 0.6, 0, 0])
})

test('a box that was dropped does not drop others', (t) => {
  // IoU 3/7 between neighbours, 1/9 at the ends
  const chain = [first, [4, 0, 14, 10], [8, 0, 18, 10]]
  const options = { ...detection, iouThr: 0.4 }
  t.deepEqual(suppress(chain, [[0.9, 0.8, 0.7]], options).scores, [0.9, 0.7, 0, 0])
})

test('an IoU equal to the threshold does not drop, a score equal to the threshold does not count', (t) => {
  const half = [0, 0, 10, 5] // IoU 0.5 with the first
  t.deepEqual(suppress([first, half], [[0.9, 0.8]]).scores, [0.9, 0.8, 0, 0])
  t.deepEqual(suppress([first, far], [[0.9, 0.05]]).scores, [0.9, 0, 0, 0])
})

test('no more than maxPerImage are kept, the best of all classes', (t) => {
  const boxes = Array.from({ length: 6 }, (_, i) => [20 * i, 0, 20 * i + 10, 10])
  const scores = [
    [0.1, 0.9, 0.2, 0.3, 0.4, 0.5],
    [0.8, 0.15, 0.7, 0.12, 0.6, 0.11],
  ]
  const kept = suppress(boxes, scores)
  t.deepEqual(kept.scores, [0.9, 0.8, 0.7, 0.6])
  t.deepEqual(kept.labels, [0, 1, 1, 1])
})

test('equal scores go by class, then by box', (t) => {
  const kept = suppress(
    [far, first],
    [
      [0.5, 0.5],
      [0.5, 0.5],
    ],
  )
  t.deepEqual(kept.labels, [0, 0, 1, 1])
  t.deepEqual(kept.boxes, [...far, ...first, ...far, ...first])
})

test('empty boxes are kept, since they overlap nothing', (t) => {
  const empty = [3, 3, 3, 3]
  t.deepEqual(suppress([empty, empty], [[0.9, 0.8]]).scores, [0.9, 0.8, 0, 0])
})

test('without a candidate there is no detection', (t) => {
  t.deepEqual(suppress([first, far], [[0.01, 0.02]]).labels, [-1, -1, -1, -1])
})

test('boxes in another order give the same detections', (t) => {
  const boxes = [first, second, far, [2, 3, 14, 12]]
  const scores = [0.4, 0.7, 0.3, 0.6]
  const kept = suppress(boxes, [scores])
  t.deepEqual(suppress(boxes.toReversed(), [scores.toReversed()]), kept)
})

test('with boxes of their own, classes are suppressed by those', (t) => {
  const boxes = [
    [first, second, far], // of class 0
    [far, first, far], // of class 1
  ]
  const kept = multiclassNms(
    tf.tensor4d(boxes.flat(2), [1, 2, 3, 4]),
    tf.tensor3d([0.6, 0.9, 0.3, 0.7, 0.8, 0.4], [1, 2, 3]),
    { ...detection, maxPerImage: 5 },
  )
  t.deepEqual(Array.from(kept.labels.dataSync()), [0, 1, 1, 0, -1])
  assertClose(t, kept.scores, [0.9, 0.8, 0.7, 0.3, 0])
  assertClose(t, kept.boxesXyxy, [...second, ...first, ...far, ...far, 0, 0, 0, 0])
})

interface NmsFixture {
  boxes: PackedTensor
  scores: PackedTensor
  cases: (NmsOptions & { kept: [label: number, box: number][][] })[]
}

test('two images with three classes agree with the reference and torchvision', (t) => {
  const fixture = readFixture<NmsFixture>('retinanet_nms.json')
  const [boxes, scores] = [unpack(fixture.boxes), unpack(fixture.scores)]
  for (const { kept, ...options } of fixture.cases) {
    const result = multiclassNms(
      tf.tensor3d(boxes, [2, 40, 4]),
      tf.tensor3d(scores, [2, 3, 40]),
      options,
    )
    for (const [image, pairs] of kept.entries()) {
      const empty = options.maxPerImage - pairs.length
      const ofImage = <T extends tf.Tensor>(x: T) => tf.gather(x, image)
      assertClose(t, ofImage(result.labels), [...pairs.map(([c]) => c), ...Array(empty).fill(-1)])
      assertClose(t, ofImage(result.scores), [
        ...pairs.map(([c, b]) => scores[(image * 3 + c) * 40 + b]),
        ...Array(empty).fill(0),
      ])
      assertClose(t, ofImage(result.boxesXyxy), [
        ...pairs.map(([, b]) => boxes.subarray((image * 40 + b) * 4, (image * 40 + b + 1) * 4)),
        ...Array(4 * empty).fill(0),
      ])
    }
  }
})

test('boxes repeated for each class give what shared ones give', (t) => {
  const fixture = readFixture<NmsFixture>('retinanet_nms.json')
  const boxes = tf.tensor3d(unpack(fixture.boxes), [2, 40, 4])
  const scores = tf.tensor3d(unpack(fixture.scores), [2, 3, 40])
  const repeated = tf.tile(tf.expandDims(boxes, 1), [1, 3, 1, 1]) as tf.Tensor4D
  for (const options of fixture.cases) {
    const [own, shared] = [repeated, boxes].map((b) => multiclassNms(b, scores, options))
    assertClose(t, own.boxesXyxy, shared.boxesXyxy)
    assertClose(t, own.scores, shared.scores)
    assertClose(t, own.labels, shared.labels)
  }
})

test('traced, detections are as eager', async (t) => {
  const fixture = readFixture<NmsFixture>('retinanet_nms.json')
  for (const { kept, ...options } of fixture.cases) {
    t.true(kept.length > 0)
    const detect = ({ boxes, scores }: Record<'boxes' | 'scores', tf.Tensor>) =>
      multiclassNms(boxes as tf.Tensor3D, scores as tf.Tensor3D, options)
    await tracedEqualsEager(t, detect, {
      boxes: floats(unpack(fixture.boxes), fixture.boxes.shape),
      scores: floats(unpack(fixture.scores), fixture.scores.shape),
    })
  }
})

test('traced with boxes of each class, detections are as eager', async (t) => {
  const fixture = readFixture<NmsFixture>('retinanet_nms.json')
  const [boxes, scores] = [unpack(fixture.boxes), unpack(fixture.scores)]
  const moved = [0, 3, -5].map((by) => boxes.map((side, i) => side + (i % 2 === 0 ? by : 0)))
  const perImage = [0, 160].flatMap((from) => moved.map((b) => [...b.subarray(from, from + 160)]))
  for (const { kept, ...options } of fixture.cases) {
    t.true(kept.length > 0)
    const detect = ({ boxes, scores }: Record<'boxes' | 'scores', tf.Tensor>) =>
      multiclassNms(boxes as tf.Tensor4D, scores as tf.Tensor3D, options)
    await tracedEqualsEager(t, detect, {
      boxes: floats(perImage.flat(), [2, 3, 40, 4]),
      scores: floats(scores, [2, 3, 40]),
    })
  }
})
