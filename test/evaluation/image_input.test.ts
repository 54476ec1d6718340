import test from 'ava'
import { evalBatches } from '../../datasets/index.js'
import { imageInput, landscapeShape } from '../../evaluation/image_input.js'
import { loadSplit } from '../../experiments/load_data.js'
import { readPicture } from '../../tools/cli/image_files.js'
import { tinyExperiment } from '../experiments/tiny_experiment.js'

test('an image comes in as evaluation brings it in', async (t) => {
  const { config } = await tinyExperiment(t)
  const { dataset } = await loadSplit(config, 'val')
  const scale = { testScale: [150, 90] as const, bucketStep: 64 }
  for await (const batch of evalBatches({ dataset, batchSize: 1, workers: 0, ...scale })) {
    const sample = dataset.samples.find(({ imageId }) => imageId === batch.imageIds[0])!
    const { data } = await readPicture(sample.file)
    const { images, imageSizes, scaleFactors } = imageInput(data, sample.size, scale)
    t.deepEqual(images, batch.tensors.images)
    t.deepEqual(imageSizes, batch.tensors.imageSizes)
    const [x, y] = batch.scaleFactors[0]
    t.deepEqual(scaleFactors.data, Float32Array.of(x, y, x, y))
  }
})

test('sides are padded up to the bucket with black', (t) => {
  const pixels = new Uint8Array(10 * 20 * 3).fill(9)
  const { images, imageSizes } = imageInput(pixels, [10, 20], {
    testScale: [40, 40],
    bucketStep: 32,
  })
  t.deepEqual(images.shape, [1, 32, 64, 3])
  t.deepEqual(Array.from(imageSizes.data), [20, 40])
  t.is(images.data[3 * (19 * 64 + 39)], 9)
  t.is(images.data[3 * (19 * 64 + 40)], 0)
  t.is(images.data[3 * (20 * 64 + 39)], 0)
})

test('factors are those of the rounded size, x y x y', (t) => {
  const options = { testScale: [40, 40] as const, bucketStep: 32 }
  const { imageSizes, scaleFactors } = imageInput(new Uint8Array(10 * 33 * 3), [10, 33], options)
  t.deepEqual(Array.from(imageSizes.data), [12, 40])
  t.deepEqual(scaleFactors.data, Float32Array.of(40 / 33, 1.2, 40 / 33, 1.2))
})

test('the shape of landscape images is that of the test scale, padded', (t) => {
  t.deepEqual(landscapeShape({ testScale: [1333, 800], bucketStep: 32 }), [800, 1344])
  t.deepEqual(landscapeShape({ testScale: [80, 60], bucketStep: 64 }), [64, 128])
})
