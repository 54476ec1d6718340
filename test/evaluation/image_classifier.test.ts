import test from 'ava'
import { ResNet, VanillaNet } from '../../backbones/index.js'
import { Classifier } from '../../classifiers/classifier.js'
import { ImageClassifier } from '../../evaluation/image_classifier.js'
import { randomizeNorms } from '../../nn/randomize_norms.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'

function picture(height: number, width: number) {
  const random = new Random('picture')
  const pixels = Uint8Array.from({ length: height * width * 3 }, () => random.integer(256))
  return { pixels, size: [height, width] as const }
}

function vanilla(): Classifier {
  const options = { dims: [8, 8, 8], strides: [1, 2], actNum: 1, numClasses: 7 }
  const backbone = new VanillaNet({ ...options, form: 'deploy' })
  const model = new Classifier({ backbone }).initialize(3)
  randomizeNorms(model, 3)
  return model
}

test('a picture has its five best classes by falling score, as predict scores them', async (t) => {
  const model = vanilla()
  const image = picture(32, 32)
  const images = tf.tensor4d(Array.from(image.pixels), [1, 32, 32, 3], 'int32')
  const scores = Array.from(model.predict({ images }).scores.dataSync())
  const best = scores.map((_, label) => label).sort((a, b) => scores[b] - scores[a])
  const classifier = new ImageClassifier(model, { imageSize: 32 })
  const found = await classifier.classify(image)
  await classifier.dispose()
  t.deepEqual(found.labels, best.slice(0, 5))
  assertClose(
    t,
    found.scores,
    best.slice(0, 5).map((label) => scores[label]),
    1e-5,
  )
})

// The logit is linear in the mean of the last feature map: its gradient is the classifier's weight.
test('a class lights up where the features that the classifier weighs for it answer', async (t) => {
  const model = vanilla()
  const { weight } = (model.backbone as VanillaNet).cls![2]
  const image = picture(64, 64)
  const images = tf.tensor4d(Array.from(image.pixels), [1, 64, 64, 3], 'int32')
  const features = model.features({ images }) // [1, 8, 8, 8]
  t.deepEqual(features.shape, [1, 64 / model.stride, 64 / model.stride, 8])
  const label = 2
  const weights = tf.tensor1d(weight.data.slice(8 * label, 8 * (label + 1)))
  const map = tf.relu(tf.sum(tf.mul(features, weights), 3)).dataSync()
  const [least, most] = [Math.min(...map), Math.max(...map)]

  const classifier = new ImageClassifier(model, { imageSize: 64, testCropRatio: 1 })
  const heat = await classifier.classActivation(image, label)
  await classifier.dispose()
  t.is(heat.length, 64 * 64)
  const cells = Array.from(map, (value) => (value - least) / (most - least))
  // The four pixels about the centre of a cell lie between it and its neighbours.
  const centres = cells.map((_, i) => {
    const [row, column] = [Math.floor(i / 8) * 8 + 3, (i % 8) * 8 + 3]
    const around = [0, 1, 64, 65].map((step) => heat[row * 64 + column + step])
    return around.reduce((sum, value) => sum + value, 0) / 4
  })
  const order = (values: number[]) => values.indexOf(Math.max(...values))
  t.is(order(centres), order(cells))
  const error = centres.map((value, i) => Math.abs(value - cells[i]))
  t.true(Math.max(...error) < 0.2, `${Math.max(...error)}`)
})

test('the maps of any backbone lie in the middle of a picture that is seen in part', async (t) => {
  const resNet = new Classifier({ backbone: new ResNet({ depth: 18, numClasses: 3 }) }).initialize(
    1,
  )
  for (const model of [vanilla(), resNet]) {
    const classifier = new ImageClassifier(model, { imageSize: 64, testCropRatio: 0.8 })
    const image = picture(80, 120)
    for (const heat of [
      await classifier.classActivation(image, 1),
      await classifier.meanActivation(image),
    ]) {
      t.is(heat.length, 80 * 120)
      for (const [y, x] of [
        [40, 10],
        [40, 110],
        [3, 60],
        [77, 60],
      ])
        t.is(heat[y * 120 + x], 0)
      t.is(Math.max(...heat), 1)
    }
    await classifier.dispose()
  }
})
