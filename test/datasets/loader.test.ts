import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { drawMasks } from '../../datasets/batch_masks.js'
import {
  type BatchPlan,
  type CocoDataset,
  decodeImage,
  evalBatches,
  generateShapes,
  type HostBatch,
  loadCoco,
  resizeBilinear,
  TrainLoader,
  type TrainLoaderOptions,
} from '../../datasets/index.js'
import { maskRequest } from '../../datasets/mask_request.js'
import { ConfigError, DataError } from '../../errors.js'
import { temporaryFolder, writeAnnotations, writeImage } from './coco_folder.js'
import { dataSetOf } from './data_set_of.js'

/** Eight images, wide and high, each of its own colour, with an object each. */
async function colouredImages(t: Parameters<typeof temporaryFolder>[0]): Promise<CocoDataset> {
  const imageDir = await temporaryFolder(t)
  const images = Array.from({ length: 8 }, (_, id) => ({
    id,
    file_name: `${id}.png`,
    height: id % 2 === 0 ? 40 : 64,
    width: 50 + id,
  }))
  for (const { id, file_name, height, width } of images) {
    await writeImage(join(imageDir, file_name), [height, width], [10 * id + 5, 100, 200])
  }
  const annFile = await writeAnnotations(imageDir, {
    images,
    annotations: images.map(({ id }) => ({
      id: id + 1,
      image_id: id,
      category_id: 3,
      bbox: [2, 3, 20, 10],
      area: 200,
    })),
    categories: [{ id: 3, name: 'thing' }],
  })
  return loadCoco({ annFile, imageDir, mode: 'train' })
}

function trainOptions(dataset: CocoDataset, rest: Partial<TrainLoaderOptions> = {}) {
  const scales = [
    [64, 48],
    [96, 64],
  ] as const
  return { dataset, batchSize: 2, bucketStep: 32, scales, flip: 0.5, seed: 1, ...rest }
}

async function take<T>(batches: AsyncGenerator<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  for await (const batch of batches) {
    taken.push(batch)
    if (taken.length === count) break
  }
  return taken
}

async function trainingBatches(options: TrainLoaderOptions, count: number, iteration = 0) {
  const loader = new TrainLoader(options)
  try {
    return await take(loader.batches({ epoch: 0, iteration }), count)
  } finally {
    await loader.close()
  }
}

test('batches are the same with no, one and two workers', async (t) => {
  const dataset = await colouredImages(t)
  const inline = await trainingBatches(trainOptions(dataset, { workers: 0 }), 9)
  t.deepEqual(await trainingBatches(trainOptions(dataset, { workers: 1 }), 9), inline)
  t.deepEqual(await trainingBatches(trainOptions(dataset, { workers: 2 }), 9), inline)
})

for (const workers of [0, 1, 2]) {
  test(`batches in memory of others that were handed back are the same: ${workers} workers`, async (t) => {
    const dataset = await colouredImages(t)
    const options = trainOptions(dataset, { workers })
    const expected = await trainingBatches(options, 24)
    const loader = new TrainLoader(options)
    let place = 0
    let inLarger = 0
    for await (const batch of loader.batches()) {
      t.deepEqual(batch, expected[place])
      const { data } = batch.tensors.images
      if (data.byteLength < data.buffer.byteLength) inLarger++
      loader.reuse(batch.tensors)
      t.is(data.length, 0)
      loader.reuse(batch.tensors) // again, which is nothing
      if (++place === expected.length) break
    }
    t.true(inLarger > 0)
    await loader.close()
  })
}

/** Nine images with up to three objects each, some of them larger than a mask's cells. */
async function maskedImages(t: Parameters<typeof temporaryFolder>[0]): Promise<CocoDataset> {
  const directory = await temporaryFolder(t)
  const files = await generateShapes({ directory, count: 9, size: [96, 128], seed: 4 })
  return loadCoco({ ...files, mode: 'train', masks: true })
}

function maskOptions(dataset: CocoDataset, rest: Partial<TrainLoaderOptions> = {}) {
  const scales = [
    [128, 96],
    [480, 360],
  ] as const
  return trainOptions(dataset, { scales, masks: true, ...rest })
}

for (const workers of [0, 1, 2]) {
  test(`masks are those drawn of the plans, in memory of others too: ${workers} workers`, async (t) => {
    const dataset = await maskedImages(t)
    const loader = new TrainLoader(maskOptions(dataset, { workers }))
    const plans = loader.plans()
    let place = 0
    for await (const { tensors } of loader.batches()) {
      const { cells, framesXyxy } = drawMasks(maskRequest(plans.next().value!))
      const { masks, maskFramesXyxy } = tensors
      t.deepEqual(masks?.shape, [2, 8, 112, 112])
      t.true(cells.some((cell) => cell > 0))
      t.is(Buffer.compare(masks?.data as Uint8Array, cells), 0)
      t.deepEqual(maskFramesXyxy?.data, framesXyxy)
      loader.reuse(tensors)
      t.is(masks?.data.length, 0)
      if (++place === 24) break
    }
    await loader.close()
  })

  test(`a mask that cannot be drawn fails its batch in its turn: ${workers} workers`, async (t) => {
    const dataset = await maskedImages(t)
    const loader = new TrainLoader(maskOptions(dataset, { workers }))
    const plans = loader.plans()
    const [first, second, third]: BatchPlan[] = [0, 1, 2].map(() => plans.next().value)
    const earlier = [...first.images, ...second.images].map(({ sample }) => sample)
    const { sample } = third.images.find(({ sample }) => !earlier.includes(sample))!
    sample.segmentation = () => ({ polygons: [[1, 2, 3]] })
    const seen: HostBatch[] = []
    const run = async () => {
      for await (const batch of loader.batches()) seen.push(batch)
    }
    await t.throwsAsync(run, {
      instanceOf: DataError,
      name: 'DataError',
      message: `${sample.file}: annotation ${sample.annotationId(0)} has a mask that has a first polygon of 3 numbers; a polygon has 6 numbers or more, x1 y1 x2 y2 x3 y3 ...`,
    })
    t.is(seen.length, 2)
    await loader.close()
  })

  test(`of a batch with a missing image and a bad mask the image is named: ${workers} workers`, async (t) => {
    const dataset = await maskedImages(t)
    const loader = new TrainLoader(maskOptions(dataset, { workers }))
    const [first, second] = loader.plans().next().value!.images
    first.sample.segmentation = () => undefined
    await rm(second.sample.file)
    await t.throwsAsync(loader.batches().next(), {
      message: `${second.sample.file}: no such image; set imageDir of data.train or data.val to their folder`,
    })
    await loader.close()
  })
}

test('starting in the middle gives what would have come anyway', async (t) => {
  const dataset = await colouredImages(t)
  const whole = await trainingBatches(trainOptions(dataset, { workers: 0 }), 10)
  t.deepEqual(
    whole.map(({ epoch, iteration }) => [epoch, iteration]),
    [0, 1, 2].flatMap((epoch) => [0, 1, 2, 3].map((iteration) => [epoch, iteration])).slice(0, 10),
  )
  const late = await trainingBatches(trainOptions(dataset, { workers: 2 }), 7, 3)
  t.deepEqual(late, whole.slice(3))
  const loader = new TrainLoader(trainOptions(dataset, { workers: 0 }))
  t.is(loader.iterationsPerEpoch, 4)
  t.deepEqual(await take(loader.batches({ epoch: 1, iteration: 2 }), 4), whole.slice(6))
  t.deepEqual(await take(loader.batches({ epoch: 0, iteration: 4 }), 2), whole.slice(4, 6))
})

test('another seed and another epoch give other batches', async (t) => {
  const dataset = await colouredImages(t)
  const ids = (batches: HostBatch[]) => batches.flatMap((batch) => batch.imageIds)
  const one = await trainingBatches(trainOptions(dataset, { workers: 0 }), 8)
  const two = await trainingBatches(trainOptions(dataset, { workers: 0, seed: 2 }), 4)
  t.notDeepEqual(ids(one.slice(0, 4)), ids(two))
  t.notDeepEqual(ids(one.slice(0, 4)), ids(one.slice(4)))
  t.deepEqual(ids(one.slice(0, 4)).sort(), [0, 1, 2, 3, 4, 5, 6, 7])
})

test('every image of an epoch draws its own scale', async (t) => {
  const dataset = await colouredImages(t)
  const scales = [
    [64, 48],
    [320, 240],
  ] as const
  const options = trainOptions(dataset, { workers: 0, batchSize: 1, scales })
  const epochs = [0, 1].map(async (epoch) => {
    const batches = await take(new TrainLoader(options).batches({ epoch, iteration: 0 }), 8)
    const isLarge = ({ tensors }: HostBatch) => tensors.imageSizes.data[0] > 100
    return Object.fromEntries(batches.map((batch) => [batch.imageIds[0], isLarge(batch)]))
  })
  const [first, second] = await Promise.all(epochs)
  t.is(new Set(Object.values(first)).size, 2)
  t.notDeepEqual(first, second)
})

test('pixels lie where imageSizes says, and the padding is zero', async (t) => {
  const dataset = await colouredImages(t)
  for (const { tensors, imageIds } of await trainingBatches(trainOptions(dataset), 4)) {
    const [count, height, width] = tensors.images.shape
    t.is((height % 32) + (width % 32), 0)
    t.is(tensors.images.data.length, count * height * width * 3)
    let isRight = true
    for (let i = 0; i < tensors.images.data.length; i += 3) {
      const pixel = i / 3
      const [x, y] = [pixel % width, Math.floor(pixel / width) % height]
      const image = Math.floor(pixel / width / height)
      const [h, w] = tensors.imageSizes.data.subarray(image * 2)
      const red = y < h && x < w ? 10 * Number(imageIds[image]) + 5 : 0
      // A constant image may lose 1 to the fixed point.
      if (Math.abs(tensors.images.data[i] - red) > (red === 0 ? 0 : 1)) isRight = false
    }
    t.true(isRight)
  }
})

test('a flipped batch shows what its boxes frame', async (t) => {
  const files = await generateShapes({
    directory: await temporaryFolder(t),
    count: 4,
    size: [96, 128],
    seed: 1,
  })
  const dataset = await loadCoco({ ...files, mode: 'train' })
  const options = { scales: [[128, 96]] as const, batchSize: 1, workers: 0 }
  for (const flip of [0, 1]) {
    const batches = await trainingBatches(trainOptions(dataset, { ...options, flip }), 4)
    for (const { tensors, imageIds } of batches) {
      const sample = dataset.samples.find(({ imageId }) => imageId === imageIds[0])!
      const decoded = await decodeImage(sample.file, sample.size)
      const canvas = new Uint8Array(decoded.length)
      const target = { canvas, offset: 0, rowBytes: 128 * 3, size: sample.size, flip: flip === 1 }
      resizeBilinear(decoded, sample.size, target)
      t.deepEqual(tensors.images.data, canvas)
      const boxes = [...sample.boxesXyxy]
      const first = flip ? [128 - boxes[2], boxes[1], 128 - boxes[0], boxes[3]] : boxes.slice(0, 4)
      t.deepEqual([...tensors.boxesXyxy.data.subarray(0, 4)], first)
    }
  }
})

test('evaluation gives every image once, in the order of the file', async (t) => {
  const dataset = await colouredImages(t)
  for (const workers of [0, 2]) {
    const batches: HostBatch[] = []
    const options = { dataset, batchSize: 3, bucketStep: 64, testScale: [128, 100] as const }
    for await (const batch of evalBatches({ ...options, workers })) batches.push(batch)
    t.deepEqual(
      batches.map((batch) => batch.imageIds),
      [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7],
      ],
    )
    // 50 x 40, 51 x 64 and 52 x 40 by the factors 2.5, 100 / 51 and 128 / 52.
    t.deepEqual([...batches[0].tensors.imageSizes.data], [100, 125, 125, 100, 98, 128])
    t.deepEqual(batches[2].tensors.images.shape, [2, 128, 128, 3])
  }
})

test('batches of an evaluation that are done with lend their memory, and stay as they are otherwise', async (t) => {
  const dataset = await colouredImages(t)
  for (const workers of [0, 2]) {
    const options = {
      dataset,
      batchSize: 1,
      bucketStep: 32,
      testScale: [128, 100],
      workers,
    } as const
    const expected = await take(evalBatches(options), 8)
    t.true(expected.every(({ tensors }) => tensors.images.data.length > 0))
    let place = 0
    let last: HostBatch | undefined
    let inLarger = 0
    for await (const batch of evalBatches(options, { reuse: true })) {
      t.is(last?.tensors.images.data.length ?? 0, 0)
      t.deepEqual(batch, expected[place++])
      const { data } = batch.tensors.images
      if (data.byteLength < data.buffer.byteLength) inLarger++
      last = batch
    }
    t.is(place, 8)
    t.true(inLarger > 0)
  }
})

test('a batch with an image that is missing fails in its turn, with the same sentence in every mode', async (t) => {
  const dataset = await colouredImages(t)
  const file = dataset.samples[5].file
  await rm(file)
  for (const workers of [0, 1, 2]) {
    const seen: HostBatch[] = []
    const run = async () => {
      const options = { dataset, batchSize: 2, bucketStep: 32, testScale: [64, 64] as const }
      for await (const batch of evalBatches({ ...options, workers })) seen.push(batch)
    }
    await t.throwsAsync(run, {
      instanceOf: DataError,
      name: 'DataError',
      message: `${file}: no such image; set imageDir of data.train or data.val to their folder`,
    })
    t.is(seen.length, 2)
  }
})

test('of several bad images in a batch the first is named', async (t) => {
  const dataset = await colouredImages(t)
  await writeFile(dataset.samples[2].file, await readFile(dataset.samples[1].file))
  await rm(dataset.samples[3].file)
  const options = { dataset, batchSize: 4, bucketStep: 32, testScale: [64, 64] as const }
  await t.throwsAsync(take(evalBatches(options), 1), {
    instanceOf: DataError,
    message: `${dataset.samples[2].file}: is 51 x 64 pixels, but annotated as 52 x 40; use the image that was annotated`,
  })
})

test('closing while batches are being made ends cleanly, and nothing comes after', async (t) => {
  const loader = new TrainLoader(trainOptions(await colouredImages(t), { workers: 2 }))
  const batches = loader.batches()
  await batches.next()
  await loader.close()
  await t.throwsAsync(take(loader.batches(), 1), { message: 'the loader was closed' })
})

test('a process that uses workers ends by itself, closed or not', async (t) => {
  const dataset = await colouredImages(t)
  const index = new URL('../../datasets/index.ts', import.meta.url).href
  const script = `
    import { loadCoco, TrainLoader } from ${JSON.stringify(index)}
    const dataset = await loadCoco(${JSON.stringify({ annFile: dataset.annFile, imageDir: join(dataset.samples[0].file, '..'), mode: 'train' })})
    const options = { dataset, batchSize: 2, bucketStep: 32, scales: [[64, 64]], flip: 0, seed: 0 }
    const [open, closed] = [new TrainLoader(options), new TrainLoader(options)]
    for (const loader of [open, closed]) console.log((await loader.batches().next()).value.imageIds.length)
    await closed.close()
  `
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const flags = ['--import=tsx', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd })
  t.is(stdout, '2\n2\n')
})

test('an evaluation keeps to a number of shapes, a last smaller batch included', async (t) => {
  const all = await colouredImages(t)
  // Two become 96 x 128, the others 128 x 128.
  const samples = [4, 6, 0, 2, 1, 3, 5].map((id) => all.samples[id])
  const dataset = { ...all, samples }
  const options = { dataset, batchSize: 2, bucketStep: 32, testScale: [128, 100] as const }
  const shapeOf = ({ tensors }: HostBatch) => tensors.images.shape.join()
  const own = await take(evalBatches({ ...options, workers: 0 }), 4)
  t.is(new Set(own.map(shapeOf)).size, 3)
  const batches = await take(evalBatches({ ...options, shapes: 2, workers: 0 }), 4)
  t.is(new Set(batches.map(shapeOf)).size, 2)
  t.deepEqual(batches[3], own[3], 'the smaller batch')
  for (const [i, { tensors, ...places }] of batches.entries()) {
    const { images, ...rest } = tensors
    const { images: ownImages, ...ownRest } = own[i].tensors
    t.deepEqual({ ...places, ...rest }, { ...withoutTensors(own[i]), ...ownRest })
    t.true(images.shape.every((side, axis) => side >= ownImages.shape[axis]))
  }
})

function withoutTensors({ tensors: _, ...places }: HostBatch): Omit<HostBatch, 'tensors'> {
  return places
}

test('training keeps to a number of shapes, with the same images in them', async (t) => {
  const dataset = await colouredImages(t)
  const own = await trainingBatches(trainOptions(dataset, { workers: 0 }), 8)
  const batches = await trainingBatches(trainOptions(dataset, { workers: 1, shapes: 1 }), 8)
  t.deepEqual([...new Set(batches.map(({ tensors }) => tensors.images.shape.join()))].length, 1)
  for (const [i, { imageIds, tensors }] of batches.entries()) {
    t.deepEqual(imageIds, own[i].imageIds)
    t.deepEqual(tensors.imageSizes, own[i].tensors.imageSizes)
    t.deepEqual(tensors.boxesXyxy, own[i].tensors.boxesXyxy)
  }
  const late = await trainingBatches(trainOptions(dataset, { workers: 0, shapes: 1 }), 3, 2)
  t.deepEqual(late, batches.slice(2, 5))
})

const wrong: [rest: Partial<TrainLoaderOptions>, sentence: string][] = [
  [{ batchSize: 0 }, 'batchSize is 0; give a whole number, at least 1'],
  [{ bucketStep: 48 }, 'bucketStep is 48; give a multiple of 32'],
  [{ bucketStep: 0 }, 'bucketStep is 0; give a multiple of 32'],
  [{ shapes: 1.5 }, 'shapes is 1.5; give a whole number, at least 1'],
  [{ workers: -1 }, 'workers is -1; give a whole number, at least 0'],
  [{ scales: [] }, 'scales is empty; give a list of [long, short]'],
  [{ scales: [[64, 0]] }, 'scales[0] is [64,0]; give [long, short] in pixels'],
  [{ flip: 1.5 }, 'flip is 1.5; give a probability between 0 and 1'],
]
for (const [rest, message] of wrong) {
  test(`${JSON.stringify(rest)} is refused`, (t) => {
    const dataset = dataSetOf([])
    const options = trainOptions(dataset, rest)
    t.throws(() => new TrainLoader(options), { instanceOf: ConfigError, message })
  })
}

test('a test scale of one number is refused', async (t) => {
  const dataset = await colouredImages(t)
  const testScale = [800] as unknown as [number, number]
  await t.throwsAsync(take(evalBatches({ dataset, batchSize: 1, bucketStep: 32, testScale }), 1), {
    instanceOf: ConfigError,
    message: 'testScale is [800]; give [long, short] in pixels',
  })
})
