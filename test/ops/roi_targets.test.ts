import test from 'ava'
import { floats, ints } from '../../host_tensor.js'
import { BACKGROUND, IGNORED } from '../../ops/assign.js'
import { type RoiTargetOptions, sampleRois } from '../../ops/roi_targets.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { type PackedTensor, readFixture, unpack } from '../helpers/packed_tensor.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const assigner = { posIouThr: 0.5, negIouThr: 0.5, minPosIou: 0.5 }

/** A box 10 high from x = 0 to `width`, whose IoU with a 10 x 10 one is `width / 10` up to 10. */
const wide = (width: number) => [0, 0, width, 10]

interface Scene {
  proposals: number[][]
  /** Padding is where it is 0. @default all 0.5 */
  scores?: number[]
  boxes: number[][]
  labels?: number[]
  noise: number[]
  num: number
  posFraction?: number
}

/** The rows of one image. */
function sample({ proposals, boxes, noise, num, posFraction = 0.5, ...scene }: Scene) {
  const labels = scene.labels ?? boxes.map((_, i) => i + 10)
  const scores = scene.scores ?? proposals.map(() => 0.5)
  const drawn = sampleRois(
    {
      boxesXyxy: tf.tensor3d([proposals], [1, proposals.length, 4]),
      scores: tf.tensor2d([scores]),
    },
    {
      boxesXyxy: tf.tensor3d([boxes], [1, boxes.length, 4]),
      labels: tf.tensor2d([labels], [1, labels.length], 'int32'),
    },
    tf.tensor2d([noise]),
    { assigner, sampler: { num, posFraction } },
  )
  return {
    rois: (drawn.roisXyxy.arraySync() as number[][][])[0],
    labels: Array.from(drawn.labels.dataSync()),
    matches: Array.from(drawn.matches.dataSync()),
    boxes: (drawn.boxesXyxy.arraySync() as number[][][])[0],
  }
}

const far = [50, 50, 60, 60]
const unused = [0, 0, 0, 0]

test('objects come first, then the proposals that are theirs, then background, then unused rows', (t) => {
  const drawn = sample({
    proposals: [far, wide(6), wide(4)],
    boxes: [wide(10)],
    labels: [7],
    noise: [0.1, 0.2, 0.3, 0.4],
    num: 6,
  })
  t.deepEqual(drawn.rois, [wide(10), wide(6), far, wide(4), unused, unused])
  t.deepEqual(drawn.labels, [7, 7, BACKGROUND, BACKGROUND, IGNORED, IGNORED])
  t.deepEqual(drawn.matches.slice(0, 2), [0, 0])
  t.deepEqual(drawn.boxes.slice(0, 2), [wide(10), wide(10)])
})

test('at most a share is positive: those with the most noise, in their order', (t) => {
  const drawn = sample({
    proposals: [wide(9), wide(8), far, wide(7), wide(6)],
    boxes: [wide(10)],
    noise: [0.3, 0.9, 0.1, 0, 0.8, 0.2],
    num: 4,
  })
  t.deepEqual(drawn.rois, [wide(9), wide(7), far, unused])
  t.deepEqual(drawn.labels, [10, 10, BACKGROUND, IGNORED])
})

test('negatives take all the places that positives leave', (t) => {
  const proposals = Array.from({ length: 5 }, (_, i) => [50 + i, 50, 60 + i, 60])
  const drawn = sample({
    proposals,
    boxes: [wide(10)],
    noise: [0, 0.5, 0.1, 0.9, 0.2, 0.7],
    num: 4,
  })
  t.deepEqual(drawn.rois, [wide(10), proposals[0], proposals[2], proposals[4]])
  t.deepEqual(drawn.labels, [10, BACKGROUND, BACKGROUND, BACKGROUND])
})

test('where noise is equal, counts are exact and the first are taken', (t) => {
  const drawn = sample({
    proposals: [wide(9), far, wide(8), far, far],
    boxes: [wide(10)],
    noise: Array(6).fill(0.5),
    num: 4,
  })
  t.deepEqual(drawn.rois, [wide(10), wide(9), far, far])
})

test('each positive is told its own object', (t) => {
  const boxes = [wide(10), [20, 0, 30, 10], [40, 0, 50, 10]]
  const drawn = sample({
    proposals: [
      [21, 0, 30, 10],
      [40, 1, 50, 10],
    ],
    boxes,
    labels: [3, 5, 3],
    noise: [0, 0.1, 0.2, 0.8, 0.9],
    num: 4,
    posFraction: 1,
  })
  t.deepEqual(drawn.labels, [5, 3, 5, 3])
  t.deepEqual(drawn.matches, [1, 2, 1, 2])
  t.deepEqual(drawn.boxes, [boxes[1], boxes[2], boxes[1], boxes[2]])
})

test('padding among proposals and objects takes no part', (t) => {
  const drawn = sample({
    proposals: [wide(8), wide(10), far],
    scores: [0.5, 0, 0],
    boxes: [far, wide(10), unused],
    labels: [-1, 4, -1],
    noise: [0.9, 0.1, 0.9, 0.1, 0.9, 0.9],
    num: 8,
  })
  t.deepEqual(drawn.rois.slice(0, 3), [wide(10), wide(8), unused])
  t.deepEqual(drawn.labels, [4, 4, ...Array(6).fill(IGNORED)])
})

test('without any object all RoIs are background', (t) => {
  const drawn = sample({
    proposals: [far, wide(3)],
    boxes: [unused],
    labels: [-1],
    noise: [0.9, 0.1, 0.2],
    num: 2,
  })
  t.deepEqual(drawn.rois, [far, wide(3)])
  t.deepEqual(drawn.labels, [BACKGROUND, BACKGROUND])
})

test('without any proposal the objects alone are left', (t) => {
  const drawn = sample({
    proposals: [unused, unused],
    scores: [0, 0],
    boxes: [wide(10)],
    noise: [0, 0.1, 0.2],
    num: 4,
  })
  t.deepEqual(drawn.labels, [10, IGNORED, IGNORED, IGNORED])
})

test('300 objects in one image fill a quarter of 512 places and no more', (t) => {
  const boxes = Array.from({ length: 300 }, (_, i) => [i, 0, i + 1, 1]) // of one pixel each
  const proposals = Array.from({ length: 500 }, (_, i) => [i, 20, i + 7, 30])
  const drawn = sample({
    proposals,
    boxes,
    noise: Array.from({ length: 800 }, (_, i) => (i * 0.618034) % 1),
    num: 512,
    posFraction: 0.25,
  })
  const count = (wanted: (label: number) => boolean) => drawn.labels.filter(wanted).length
  t.is(
    count((label) => label >= 0),
    128,
  )
  t.is(
    count((label) => label === BACKGROUND),
    384,
  )
  t.true(drawn.labels.slice(0, 128).every((label) => label >= 0))
})

interface TargetsFixture {
  objects: number
  proposals: number
  scenes: {
    num: number
    posFraction: number
    proposals: PackedTensor
    scores: PackedTensor
    boxes: PackedTensor
    labels: number[][]
    noise: PackedTensor
    /** Candidate, label and object of each row of each image. */
    rows: [candidate: number, label: number, object: number][][]
  }[]
}

const optionsOf = (scene: TargetsFixture['scenes'][0]): RoiTargetOptions => ({
  assigner,
  sampler: { num: scene.num, posFraction: scene.posFraction },
})

test('scenes of two images agree with the reference, row by row', (t) => {
  const { objects, proposals, scenes } = readFixture<TargetsFixture>('roi_targets.json')
  for (const scene of scenes) {
    const boxes = unpack(scene.boxes)
    const rois = unpack(scene.proposals)
    const drawn = sampleRois(
      {
        boxesXyxy: tf.tensor3d(rois, [2, proposals, 4]),
        scores: tf.tensor2d(unpack(scene.scores), [2, proposals]),
      },
      {
        boxesXyxy: tf.tensor3d(boxes, [2, objects, 4]),
        labels: tf.tensor2d(scene.labels, [2, objects], 'int32'),
      },
      tf.tensor2d(unpack(scene.noise), [2, objects + proposals]),
      optionsOf(scene),
    )
    const box = (row: number, values: Float32Array) => [...values.subarray(4 * row, 4 * row + 4)]
    for (const [image, rows] of scene.rows.entries()) {
      const empty = scene.num - rows.length
      const ofImage = <T extends tf.Tensor>(x: T) => tf.gather(x, image)
      assertClose(t, ofImage(drawn.labels), [
        ...rows.map(([, label]) => label),
        ...Array(empty).fill(IGNORED),
      ])
      assertClose(t, ofImage(drawn.roisXyxy), [
        ...rows.map(([candidate]) =>
          candidate < objects
            ? box(image * objects + candidate, boxes)
            : box(image * proposals + candidate - objects, rois),
        ),
        ...Array(4 * empty).fill(0),
      ])
      const positives = rows.filter(([, label]) => label >= 0)
      const firstRows = <T extends tf.Tensor>(x: T) =>
        tf.slice(ofImage(x), [0], [positives.length]) as T
      assertClose(
        t,
        firstRows(drawn.matches),
        positives.map(([, , object]) => object),
      )
      assertClose(
        t,
        firstRows(drawn.boxesXyxy),
        positives.map(([, , object]) => box(image * objects + object, boxes)),
      )
    }
  }
})

test('traced, rows are as eager', async (t) => {
  const { objects, proposals, scenes } = readFixture<TargetsFixture>('roi_targets.json')
  for (const scene of scenes.slice(0, 3)) {
    const draw = (x: Record<'rois' | 'scores' | 'boxes' | 'labels' | 'noise', tf.Tensor>) => ({
      ...sampleRois(
        { boxesXyxy: x.rois as tf.Tensor3D, scores: x.scores as tf.Tensor2D },
        { boxesXyxy: x.boxes as tf.Tensor3D, labels: x.labels as tf.Tensor2D },
        x.noise as tf.Tensor2D,
        optionsOf(scene),
      ),
    })
    await tracedEqualsEager(t, draw, {
      rois: floats(unpack(scene.proposals), [2, proposals, 4]),
      scores: floats(unpack(scene.scores), [2, proposals]),
      boxes: floats(unpack(scene.boxes), [2, objects, 4]),
      labels: ints(scene.labels.flat(), [2, objects]),
      noise: floats(unpack(scene.noise), [2, objects + proposals]),
    })
  }
})
