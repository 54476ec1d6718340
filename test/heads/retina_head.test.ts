import test from 'ava'
import { ConfigError } from '../../errors.js'
import { RetinaHead, type RetinaOutputs } from '../../heads/retina_head.js'
import { BACKGROUND, IGNORED } from '../../ops/index.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

/** One level of 8-pixel cells, one 16 x 16 anchor a cell, two classes. */
function smallHead(): RetinaHead {
  return new RetinaHead({
    numClasses: 2,
    inChannels: 3,
    featChannels: 4,
    stackedConvs: 1,
    anchors: { strides: [8], octaveBaseScale: 2, scalesPerOctave: 1, ratios: [1] },
    test: { nmsPre: 3, maxPerImage: 4 },
  })
}

/** Outputs for a 2 x 3 map of one image: logits by class, deltas all 0. */
function outputs(logits: number[], count = 1): RetinaOutputs {
  return {
    classLogits: [tf.tensor4d(logits, [count, 2, 3, 2])],
    boxDeltas: [tf.zeros([count, 2, 3, 4])],
  }
}

const unscaled = tf.ones([1, 4]) as tf.Tensor2D

test('parameters have the names and shapes of mmdetection', (t) => {
  const head = new RetinaHead({ numClasses: 80 })
  const shapes = Object.fromEntries(head.namedParameters().map(([name, p]) => [name, p.shape]))
  t.deepEqual(shapes['cls_convs.3.conv.weight'], [256, 256, 3, 3])
  t.deepEqual(shapes['reg_convs.0.conv.bias'], [256])
  t.deepEqual(shapes['retina_cls.weight'], [720, 256, 3, 3])
  t.deepEqual(shapes['retina_reg.weight'], [36, 256, 3, 3])
  const total = Object.values(shapes).reduce((sum, s) => sum + s.reduce((a, b) => a * b), 0)
  t.is(total, 6_463_220)
})

test('an untrained head gives every class a probability of 0.01', (t) => {
  const head = smallHead().initialize(0)
  const { classLogits, boxDeltas } = head.forward([tf.zeros([1, 2, 3, 3])])
  t.deepEqual(boxDeltas[0].shape, [1, 2, 3, 4])
  assertClose(t, tf.sigmoid(classLogits[0]), Array(12).fill(0.01))
})

test('anchors past the padded size of their image are ignored, the others assigned', (t) => {
  const targets = smallHead().anchorTargets([[2, 3]], {
    boxesXyxy: tf.tensor3d(
      [
        [
          [-8, -8, 8, 8],
          [0, 0, 0, 0],
        ],
        [
          [4, 0, 20, 16],
          [8, 0, 24, 15],
        ],
      ],
      [2, 2, 4],
    ),
    labels: tf.tensor2d(
      [
        [1, -1],
        [0, 1],
      ],
      [2, 2],
      'int32',
    ),
    paddedSizes: tf.tensor2d([
      [8, 16],
      [16, 24],
    ]),
  })
  t.deepEqual(targets.labels.shape, [2, 6])
  const [none, skip] = [BACKGROUND, IGNORED]
  const labels = Array.from(targets.labels.dataSync())
  t.deepEqual(labels.slice(0, 6), [1, none, skip, skip, skip, skip])
  // Anchors of the second row are centred at y = 8; those at x = 8 and 16 suit both boxes.
  t.deepEqual(labels.slice(6), [none, none, none, none, 0, 1])
  const deltas = tf.slice(targets.deltas, [1, 4, 0], [1, 2, 4])
  assertClose(t, deltas, [
    [0.25, 0, 0, 0],
    [0, -0.5 / 16, 0, Math.log(15 / 16)],
  ])
  t.true(targets.deltas.dataSync().every(Number.isFinite))
})

test('losses are divided by the number of positives, which is 1 at least in each image', (t) => {
  const head = smallHead()
  const boxesXyxy = tf.tensor3d([[[-8, -8, 8, 8]], [[0, 0, 0, 0]], [[0, 0, 0, 0]]])
  const labels = tf.tensor2d([[1], [-1], [-1]], [3, 1], 'int32')
  const paddedSizes = tf.tensor2d(Array(3).fill([16, 24]))
  const losses = head.loss(outputs(Array(36).fill(0), 3), { boxesXyxy, labels, paddedSizes })
  // All logits 0: one target present, 35 absent; one positive and two images without any.
  assertClose(t, losses.loss_cls, (0.0433217 + 35 * 0.1299651) / 3)
  assertClose(t, losses.loss_bbox, 0)
})

test('an image without objects, even with no row for them, has finite losses', (t) => {
  for (const rows of [0, 3]) {
    const losses = smallHead().loss(outputs(Array(12).fill(0)), {
      boxesXyxy: tf.zeros([1, rows, 4]),
      labels: tf.fill([1, rows], -1, 'int32'),
      paddedSizes: tf.tensor2d([[16, 24]]),
    })
    assertClose(t, losses.loss_cls, 12 * 0.1299651)
    assertClose(t, losses.loss_bbox, 0)
  }
})

test('predictions are clipped to the image, rescaled, and ordered by score', (t) => {
  // class 1 at cell 1, class 0 at cell 5
  const logits = [-9, -9, -9, 2, -9, -9, -9, -9, -9, -9, 1, -9]
  const found = smallHead().predict(outputs(logits), {
    imageSizes: tf.tensor2d([[12, 20]]),
    paddedSizes: tf.tensor2d([[32, 32]]),
    scaleFactors: tf.tensor2d([[2, 4, 2, 4]]),
  })
  assertClose(t, found.labels, [1, 0, -1, -1])
  assertClose(t, found.scores, [0.8807971, 0.7310586, 0, 0])
  assertClose(t, found.boxesXyxy, [[0, 0, 8, 2], [4, 0, 10, 3], Array(8).fill(0)])
})

test('anchors past the padded size are not detected, and take no place among the best', (t) => {
  const logits = [1, -9, 9, 9, 9, 9, 0, -9, 9, 9, 9, 9] // only column 0 of each row is in the image
  const found = smallHead().predict(outputs(logits), {
    imageSizes: tf.tensor2d([[16, 8]]),
    paddedSizes: tf.tensor2d([[16, 8]]),
    scaleFactors: unscaled,
  })
  assertClose(t, found.scores, [0.7310586, 0.5, 0, 0])
})

test('only the best nmsPre anchors of a level are decoded', (t) => {
  // Two cells apart, the anchors do not overlap enough to suppress each other.
  const logits = [1, -9, -9, 1.5, 2, -9, -9, 2.5, 3, -9, -9, 0]
  const found = smallHead().predict(outputs(logits), {
    imageSizes: tf.tensor2d([[100, 100]]),
    paddedSizes: tf.tensor2d([[128, 128]]),
    scaleFactors: unscaled,
  })
  assertClose(t, found.labels, [0, 1, 0, -1])
  assertClose(t, found.scores, [0.9525741, 0.9241418, 0.8807971, 0])
})

test('another number of feature maps than of strides is refused', (t) => {
  const error = t.throws(() => smallHead().forward([]), { instanceOf: ConfigError })
  t.is(
    error?.message,
    'anchors.strides has 1 values, but the neck gives 0 feature maps; give one stride for each map',
  )
})
