import test from 'ava'
import { VanillaNet } from '../../backbones/vanillanet.js'
import { Classifier } from '../../classifiers/classifier.js'
import type { LabelledImages } from '../../datasets/classification/labelled_images.js'
import { testInputs } from '../../datasets/classification/render_crops.js'
import { classifyAll, evaluateClasses } from '../../evaluation/classify.js'
import { randomizeNorms } from '../../nn/randomize_norms.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { patternedPicture } from '../datasets/pixels/pictures.js'

/** Predictions with these labels, best first. */
const predicted = (...labels: number[][]) =>
  labels.map((row) => ({ labels: row, scores: row.map((_, i) => 0.5 ** (i + 1)) }))

test('top-1 and top-5 are shares of pictures, by class too', (t) => {
  const classes = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const predictions = predicted([0, 1, 2, 3, 4], [1, 0, 2, 3, 4], [1, 2, 3, 4, 5], [5, 4, 3, 2, 1])
  const { accuracy, perClass, confusion } = evaluateClasses(predictions, [0, 0, 0, 5], classes)
  t.deepEqual(accuracy, { top1: 0.5, top5: 0.75 })
  t.deepEqual(perClass[0], {
    ...{ name: 'a', pictures: 3, top1: 1 / 3, top5: 2 / 3, precision: 1 },
  })
  t.deepEqual(perClass[1], { name: 'b', pictures: 0, top1: -1, top5: -1, precision: 0 })
  t.is(perClass[5].top1, 1)
  t.deepEqual(confusion[0], [1, 2, 0, 0, 0, 0, 0])
})

test('of at most five classes there is no top-5', (t) => {
  const { accuracy } = evaluateClasses(predicted([0, 1], [1, 0]), [0, 0], ['a', 'b'])
  t.deepEqual(accuracy, { top1: 0.5 })
})

/** Nine noisy pictures in memory. */
const dataset: LabelledImages = {
  source: 'memory',
  classes: Array.from({ length: 8 }, (_, i) => `class ${i}`),
  images: Array.from({ length: 9 }, (_, i) => ({ file: `#${i}`, label: i % 8 })),
  pictures(index) {
    const random = new Random('picture', index)
    return { pixels: Uint8Array.from({ length: 768 }, () => random.integer(256)), size: [16, 16] }
  },
}

for (const lambda of [1, 0.25]) {
  test(`pictures get the scores of the model at lambda ${lambda}, best first`, async (t) => {
    const backbone = new VanillaNet({ dims: [4, 8], strides: [2], actNum: 1, numClasses: 8 })
    const model = new Classifier({ backbone: backbone.initialize(2) })
    const options = { dataset, imageSize: 16, batchSize: 4, workers: 0, lambda }
    const predictions = await classifyAll(model, options)
    t.is(predictions.length, 9)
    for (const [i, { labels, scores }] of predictions.entries()) {
      const { pixels } = dataset.pictures!(i)
      const images = tf.tensor4d(Int32Array.from(pixels), [1, 16, 16, 3], 'int32')
      const expected = model.predict({ images }, { lambda: tf.scalar(lambda) }).scores.dataSync()
      t.is(labels.length, 5)
      t.deepEqual(
        scores,
        scores.toSorted((a, b) => b - a),
      )
      for (const [k, label] of labels.entries())
        t.true(Math.abs(scores[k] - expected[label]) < 1e-5)
      t.is(expected[labels[0]], Math.max(...expected))
    }
  })
}

test('scores of ten crops are averaged, and each picture counts once', async (t) => {
  const pictures = (index: number) => patternedPicture([40 + 3 * index, 50])
  const backbone = new VanillaNet({ dims: [4, 8], strides: [2], actNum: 1, numClasses: 8 })
  const model = new Classifier({ backbone: backbone.initialize(2) })
  randomizeNorms(model, 2)
  const crops = { imageSize: 36, testCropRatio: 0.9, testCrops: 10 } as const
  const done: number[] = []
  const predictions = await classifyAll(model, {
    ...{ ...crops, dataset: { ...dataset, pictures }, batchSize: 4, workers: 0 },
    onProgress: (count) => done.push(count),
  })
  t.deepEqual(done, [4, 8, 9])
  t.true(Math.abs(predictions[0].scores[0] - predictions[1].scores[0]) > 1e-3)
  for (const [i, { labels, scores }] of predictions.entries()) {
    const inputs = testInputs(pictures(i), crops).map(({ pixels }) => [...pixels])
    const images = tf.tensor4d(inputs.flat(), [10, 36, 36, 3], 'int32')
    const expected = tf.mean(model.predict({ images }).scores, 0).dataSync()
    for (const [k, label] of labels.entries()) t.true(Math.abs(scores[k] - expected[label]) < 1e-5)
    t.is(expected[labels[0]], Math.max(...expected))
  }
})

test('a signal that aborts ends it between two batches', async (t) => {
  const backbone = new VanillaNet({ dims: [4, 8], strides: [2], actNum: 1, numClasses: 8 })
  const model = new Classifier({ backbone: backbone.initialize(2) })
  const abort = new AbortController()
  const reason = new Error('stopped')
  const done: number[] = []
  const options = { dataset, imageSize: 16, batchSize: 4, workers: 0, signal: abort.signal }
  const onProgress = (count: number) => {
    done.push(count)
    abort.abort(reason)
  }
  await t.throwsAsync(classifyAll(model, { ...options, onProgress }), { is: reason })
  t.deepEqual(done, [4])
})
