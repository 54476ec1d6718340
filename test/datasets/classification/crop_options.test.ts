import test from 'ava'
import {
  requireOneColorChange,
  requireRoomForCrops,
  testShortSide,
  trainCropOf,
} from '../../../datasets/classification/crop_options.js'
import { ClassLoader, type ClassLoaderOptions } from '../../../datasets/index.js'
import { ConfigError } from '../../../errors.js'
import { noisyPicture } from '../pixels/pictures.js'

test('small inputs are cut out of a border, large ones out of a part', (t) => {
  t.deepEqual(trainCropOf({ imageSize: 32 }), { type: 'padded', padding: 4 })
  const resized = { type: 'resized', scale: [0.08, 1], ratio: [3 / 4, 4 / 3] } as const
  t.deepEqual(trainCropOf({ imageSize: 33 }), resized)
  t.deepEqual(trainCropOf({ imageSize: 32, crop: { type: 'resized' } }), resized)
})

test('what is given of a crop stays, the rest is filled in', (t) => {
  const crop = { type: 'padded', padding: 0 } as const
  t.deepEqual(trainCropOf({ imageSize: 224, crop }), crop)
  const part = { type: 'resized', scale: [0.5, 1] } as const
  t.deepEqual(trainCropOf({ imageSize: 224, crop: part }), { ...part, ratio: [3 / 4, 4 / 3] })
})

test('an input of 224 is the middle of a picture of 256, of others none', (t) => {
  t.is(testShortSide({ imageSize: 224 }), 256)
  t.is(testShortSide({ imageSize: 224, testCropRatio: 0.95 }), 235)
  t.is(testShortSide({ imageSize: 224, testCropRatio: 1 }), undefined)
  t.is(testShortSide({ imageSize: 32 }), undefined)
  t.is(testShortSide({ imageSize: 384 }), undefined)
})

test('ten crops are refused where pictures are resized whole', (t) => {
  const fix =
    'leave it out, or crop from larger pictures: a testCropRatio below 1 and an imageSize from 33 to 383'
  const refused = [
    [{ imageSize: 224, testCropRatio: 1 }, 'data.testCropRatio is 1'],
    [{ imageSize: 32 }, 'inputs have 32 pixels'],
    [{ imageSize: 384, testCropRatio: 0.9 }, 'inputs have 384 pixels'],
  ] as const
  for (const [options, because] of refused) {
    t.throws(() => requireRoomForCrops({ ...options, testCrops: 10 }), {
      instanceOf: ConfigError,
      message: `data.testCrops is 10, but pictures are resized whole, as ${because}; ${fix}`,
    })
    t.notThrows(() => requireRoomForCrops({ ...options, testCrops: 1 }))
  }
  t.notThrows(() => requireRoomForCrops({ imageSize: 224, testCrops: 10 }))
})

const LOADED: ClassLoaderOptions = {
  dataset: {
    source: 'memory',
    classes: ['a'],
    images: [0, 1].map((i) => ({ file: `${i}`, label: 0 })),
    pictures: (index) => noisyPicture([12, 12], index),
  },
  imageSize: 12,
  batchSize: 2,
  workers: 0,
  seed: 1,
}

async function firstPixels(options: Partial<ClassLoaderOptions>): Promise<Uint8Array> {
  const loader = new ClassLoader({ ...LOADED, crop: { type: 'padded', padding: 0 }, ...options })
  try {
    for await (const { tensors } of loader.batches()) return tensors.images.data as Uint8Array
    throw new Error('no batch came')
  } finally {
    await loader.close()
  }
}

test('a loader changes pictures as its options say', async (t) => {
  const plain = await firstPixels({})
  const changes: Partial<ClassLoaderOptions>[] = [
    { colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4 } },
    { rotation: 15 },
    { randAugment: { magnitude: 7, numOps: 8 } },
  ]
  for (const change of changes) {
    const changed = await firstPixels(change)
    t.notDeepEqual(changed, plain, Object.keys(change)[0])
    t.deepEqual(await firstPixels(change), changed)
  }
})

test('colour jitter beside RandAugment is refused', (t) => {
  const both = { colorJitter: { brightness: 0.4 }, randAugment: { magnitude: 7 } }
  const expectation = {
    instanceOf: ConfigError,
    message:
      'data.colorJitter is given beside data.randAugment, which changes colours as well; leave out one of the two',
  }
  t.throws(() => new ClassLoader({ ...LOADED, ...both }), expectation)
  t.throws(() => requireOneColorChange({ imageSize: 32, ...both }), expectation)
  t.notThrows(() => requireOneColorChange({ imageSize: 32, randAugment: { magnitude: 7 } }))
})
