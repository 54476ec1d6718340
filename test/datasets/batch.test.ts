import test from 'ava'
import {
  assembleBatch,
  objectSlots,
  placeImage,
  planBatch,
  type Sample,
} from '../../datasets/index.js'
import { assertClose } from '../helpers/assert_close.js'
import { sample } from './sample.js'

function plan(...images: Sample[]) {
  return planBatch(
    images.map((image) => placeImage(image, { scale: [1333, 800], flip: false })),
    32,
  )
}

// FACTS: (width, height) -> padded (width, height) at 1333 x 800.
const padded: [from: [number, number], to: [number, number]][] = [
  [
    [640, 480],
    [1088, 800],
  ],
  [
    [640, 427],
    [1216, 800],
  ],
  [
    [500, 375],
    [1088, 800],
  ],
  [
    [427, 640],
    [800, 1216],
  ],
  [
    [640, 360],
    [1344, 768],
  ],
  [
    [612, 612],
    [800, 800],
  ],
  [
    [640, 214],
    [1344, 448],
  ],
]
for (const [[width, height], [paddedWidth, paddedHeight]] of padded) {
  test(`${width} x ${height} is padded to ${paddedWidth} x ${paddedHeight}`, (t) => {
    t.deepEqual(plan(sample([height, width])).size, [paddedHeight, paddedWidth])
  })
}

test('a batch takes the largest of each side, in steps of the bucket', (t) => {
  const images = [
    placeImage(sample([100, 300]), { scale: [300, 100], flip: false }),
    placeImage(sample([130, 130]), { scale: [130, 130], flip: false }),
  ]
  t.deepEqual(planBatch(images, 32).size, [160, 320])
  t.deepEqual(planBatch(images, 128).size, [256, 384])
})

test('places for objects double from 8', (t) => {
  t.deepEqual(
    [0, 1, 8, 9, 16, 17, 100, 128, 129].map(objectSlots),
    [8, 8, 8, 16, 16, 32, 128, 128, 256],
  )
})

test('a batch keeps more than a hundred objects, and marks the free places', (t) => {
  const many = Array.from({ length: 130 }, (_, i) => [i, 0, i + 1, 10])
  const batch = plan(sample([800, 1000], many), sample([800, 1000], [[1, 2, 3, 4]], [5]))
  const { boxesXyxy, labels } = assembleBatch(batch, new Uint8Array(0)).tensors
  t.deepEqual(boxesXyxy.shape, [2, 256, 4])
  t.deepEqual(labels.shape, [2, 256])
  const wanted = Array.from({ length: 512 }, (_, i) => (i < 130 ? i : -1))
  wanted[256] = 5
  t.deepEqual([...labels.data], wanted)
  assertClose(t, boxesXyxy.data.subarray(129 * 4, 131 * 4), [129, 0, 130, 10, 0, 0, 0, 0], 0)
  assertClose(t, boxesXyxy.data.subarray(1024, 1032), [1, 2, 3, 4, 0, 0, 0, 0], 0)
})

test('a batch tells where each image came from', (t) => {
  const pixels = new Uint8Array(2 * 800 * 1088 * 3)
  const other = { ...sample([600, 800]), imageId: 'second' }
  const batch = assembleBatch(plan(sample([480, 640]), other), pixels)
  t.deepEqual(batch.imageIds, [1, 'second'])
  t.deepEqual(batch.originalSizes, [
    [480, 640],
    [600, 800],
  ])
  assertClose(t, batch.scaleFactors.flat(), [1067 / 640, 800 / 480, 1067 / 800, 800 / 600])
  t.deepEqual(batch.tensors.images.shape, [2, 800, 1088, 3])
  t.is(batch.tensors.images.data, pixels)
  assertClose(t, batch.tensors.imageSizes.data, [800, 1067, 800, 1067], 0)
})

test('a batch without any object has eight free places an image', (t) => {
  const { labels } = assembleBatch(plan(sample([100, 100])), new Uint8Array(0)).tensors
  t.deepEqual([...labels.data], Array(8).fill(-1))
})
