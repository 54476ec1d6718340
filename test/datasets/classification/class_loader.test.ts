import test from 'ava'
import {
  ClassLoader,
  type ClassLoaderOptions,
  type ClassTensors,
  classEvalBatches,
} from '../../../datasets/classification/class_loader.js'
import type { LabelledImages } from '../../../datasets/classification/labelled_images.js'
import { testInputs } from '../../../datasets/classification/render_crops.js'
import { ConfigError } from '../../../errors.js'
import { patternedPicture } from '../pixels/pictures.js'

/** Eleven pictures of 8 x 8 pixels in memory, each of one brightness: ten times its number. */
const dataset: LabelledImages = {
  source: 'memory',
  classes: ['even', 'odd'],
  images: Array.from({ length: 11 }, (_, i) => ({ file: `#${i}`, label: i % 2 })),
  pictures: (index) => ({ pixels: new Uint8Array(192).fill(10 * (index + 1)), size: [8, 8] }),
}

const options: ClassLoaderOptions = {
  dataset,
  seed: 0,
  batchSize: 4,
  imageSize: 8,
  workers: 0,
}

async function take(loader: ClassLoader, count: number, start = { epoch: 0, iteration: 0 }) {
  const taken: ClassTensors[] = []
  for await (const { tensors } of loader.batches(start)) {
    if (taken.push(tensors) === count) break
  }
  await loader.close()
  return taken
}

/** Numbers of a batch's pictures, from the brightest pixel of each. */
function numbersOf({ images }: ClassTensors): number[] {
  const { data, shape } = images
  return Array.from({ length: shape[0] }, (_, i) => {
    return Math.max(...data.subarray(i * 192, (i + 1) * 192)) / 10 - 1
  })
}

test('an epoch has whole batches only, and each picture at most once', async (t) => {
  const loader = new ClassLoader(options)
  t.is(loader.iterationsPerEpoch, 2)
  const batches = await take(loader, 4)
  const epochs = [batches.slice(0, 2), batches.slice(2)].map((epoch) => epoch.flatMap(numbersOf))
  for (const numbers of epochs) t.is(new Set(numbers).size, 8)
  t.notDeepEqual(epochs[0], epochs[1])
  for (const batch of batches) {
    t.deepEqual(batch.images.shape, [4, 8, 8, 3])
    t.deepEqual(
      [...batch.labels.data],
      numbersOf(batch).map((number) => number % 2),
    )
  }
})

test('what a batch holds depends on its position, not on where the loader began', async (t) => {
  const whole = { ...options, erasing: { probability: 0.5 }, mixing: { cutmixAlpha: 1 } }
  const all = await take(new ClassLoader(whole), 4)
  const late = await take(new ClassLoader(whole), 2, { epoch: 1, iteration: 0 })
  t.deepEqual(late, all.slice(2))
  const inWorkers = await take(new ClassLoader({ ...whole, workers: 2 }), 4)
  t.deepEqual(inWorkers, all)
  const otherSeed = await take(new ClassLoader({ ...whole, seed: 1 }), 4)
  t.notDeepEqual(otherSeed, all)
})

test('erasing and mixing are in the batch where they are asked for', async (t) => {
  const [plain] = await take(new ClassLoader(options), 1)
  t.deepEqual(Object.keys(plain), ['images', 'labels'])
  const erasing = { probability: 1 }
  const mixing = { mixupAlpha: 0.4 }
  const [batch] = await take(new ClassLoader({ ...options, erasing, mixing }), 1)
  t.deepEqual(batch.erasing?.boxesXyxy.shape, [4, 4])
  t.deepEqual(batch.erasing?.noise.shape, [8, 8, 3])
  const { boxXyxy, pixelShare, targetShare } = batch.mixing!
  t.deepEqual([...boxXyxy.data], [0, 0, 0, 0])
  t.is(pixelShare.data[0], targetShare.data[0])
})

test('too few pictures, and a batch that cannot be paired, are refused', (t) => {
  t.throws(() => new ClassLoader({ ...options, batchSize: 12 }), {
    instanceOf: ConfigError,
    message: 'data.batchSize is 12, but there are 11 pictures to train on; lower it',
  })
  t.throws(() => new ClassLoader({ ...options, batchSize: 3, mixing: { cutmixAlpha: 1 } }), {
    instanceOf: ConfigError,
    message: 'data.batchSize is 3, and mixing pairs the pictures of a batch; give an even number',
  })
})

test('an evaluation sees each picture once, in order, in batches of one shape', async (t) => {
  const seen: number[] = []
  const shapes: (readonly number[])[] = []
  for await (const { images, labels } of classEvalBatches(options)) {
    shapes.push(images.shape)
    const numbers = labels.map((_, i) => images.data[i * 192] / 10 - 1)
    t.deepEqual(
      labels,
      numbers.map((number) => number % 2),
    )
    seen.push(...numbers)
  }
  t.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  t.deepEqual(
    shapes,
    [4, 4, 4].map((count) => [count, 8, 8, 3]),
  )
})

for (const workers of [0, 1]) {
  test(`ten crops of a picture lie side by side, with ${workers} workers`, async (t) => {
    const picture = patternedPicture([50, 44])
    const three = { ...dataset, images: dataset.images.slice(0, 3), pictures: () => picture }
    const crops = { imageSize: 40, testCropRatio: 0.95, testCrops: 10 } as const
    const inputs = testInputs(picture, crops)
    const counts: number[] = []
    for await (const { images, labels } of classEvalBatches({
      ...{ ...crops, dataset: three, batchSize: 2, workers },
    })) {
      t.deepEqual(images.shape, [20, 40, 40, 3])
      counts.push(labels.length)
      for (let i = 0; i < labels.length * 10; i++) {
        const found = images.data.subarray(i * 4800, (i + 1) * 4800)
        t.deepEqual(found, inputs[i % 10].pixels, `${i}`)
      }
    }
    t.deepEqual(counts, [2, 1])
  })
}
