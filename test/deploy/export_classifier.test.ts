import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { loadOnnxruntimeNode } from '../../bench/onnxruntime_node.js'
import { isClassifier } from '../../classifiers/classifier.js'
import { exportOnnx } from '../../deploy/export_onnx.js'
import { compile } from '../../engine/compile.js'
import { loadModel } from '../../experiments/load_detector.js'
import type { HostTensor } from '../../host_tensor.js'
import { atLambda } from '../../nn/deep_training.js'
import { Random } from '../../random/random.js'
import type * as tf from '../../tf/tf.js'
import { tinyClassifierModel } from '../experiments/tiny_classification.js'
import { assertClose } from '../helpers/assert_close.js'
import { onnxMetadata } from './onnx_metadata.js'

const ort = await loadOnnxruntimeNode()
const folder = await mkdtemp(join(tmpdir(), 'vanilladet-export-classifier-'))
test.after.always(() => rm(folder, { recursive: true }))

async function smallClassifier(form: 'train' | 'deploy' = 'train') {
  const { model } = await loadModel({ model: tinyClassifierModel }, 'random', { form })
  if (!isClassifier(model)) throw new Error('not a classifier')
  return model
}

function pixels(count: number): HostTensor & { data: Uint8Array } {
  const random = new Random('pixels')
  const data = Uint8Array.from({ length: count * 32 * 48 * 3 }, () => random.integer(256))
  return { dtype: 'uint8', shape: [count, 32, 48, 3], data }
}

for (const form of ['train', 'deploy'] as const) {
  for (const lambda of form === 'train' ? [1, 0.5] : [1]) {
    test(`the file of the ${form} form at lambda ${lambda} scores as the classifier does`, async (t) => {
      const model = await smallClassifier(form)
      const path = join(folder, `${form}_${lambda}.onnx`)
      const file = await exportOnnx(model, path, { shape: [32, 48], batch: 2, lambda })
      t.deepEqual(file.inputs, [{ name: 'images', dtype: 'uint8', shape: [2, 32, 48, 3] }])
      t.deepEqual(file.outputs, [{ name: 'scores', dtype: 'float32', shape: [2, 10] }])

      const images = pixels(2)
      const predict = compile(
        (batch: { images: tf.Tensor4D }) => model.predict(batch, atLambda(lambda)),
        { name: 'predict' },
      )
      const expected = await predict.run({ images })
      await predict.dispose()
      const session = await ort.InferenceSession.create(path)
      const feeds = { images: new ort.Tensor('uint8', images.data, [...images.shape]) }
      const { scores } = await session.run(feeds)
      await session.release()
      const values = scores.data as Float32Array
      assertClose(t, values, expected.scores.data, 1e-5)
      const sum = values.slice(0, 10).reduce((total, score) => total + score, 0)
      t.true(Math.abs(sum - 1) < 1e-5, `${sum}`)
    })
  }
}

test('the backbone of a classifier is exported as that of a detector', async (t) => {
  const { outputs } = await exportOnnx(await smallClassifier(), join(folder, 'backbone.onnx'), {
    part: 'backbone',
    shape: [32, 48],
  })
  t.deepEqual(outputs, [{ name: 'feature_0', dtype: 'float32', shape: [1, 8, 4, 6] }])
})

test('metadata are entries of the file, as JSON, and what is not known is left out', async (t) => {
  const model = await smallClassifier()
  const [bare, described] = ['bare.onnx', 'described.onnx'].map((name) => join(folder, name))
  const shape = [32, 32] as const
  await exportOnnx(model, bare, { shape })
  t.deepEqual(onnxMetadata(await readFile(bare)), {})
  const metadata = { classes: ['cat', 'Hündin'], pixelMean: [1, 2, 3.5], testCropRatio: undefined }
  await exportOnnx(model, described, { shape, metadata })
  t.deepEqual(onnxMetadata(await readFile(described)), {
    classes: ['cat', 'Hündin'],
    pixelMean: [1, 2, 3.5],
  })
  await t.notThrowsAsync(async () => {
    const session = await ort.InferenceSession.create(described)
    await session.release()
  })
})
