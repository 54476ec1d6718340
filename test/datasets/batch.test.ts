import test from 'ava'
import {
  assembleBatch,
  augmentImage,
  objectSlots,
  placeImage,
  planBatch,
  type Sample,
} from '../../datasets/index.js'
import { Random } from '../../random/random.js'
import { assertClose } from '../helpers/assert_close.js'

function sample(size: [number, number], boxes: number[][] = [], labels?: number[]): Sample {
  return {
    imageId: 1,
    file: 'a.png',
    size,
    boxesXyxy: Float32Array.from(boxes.flat()),
    labels: Int32Array.from(labels ?? boxes.map((_, i) => i)),
    crowdBoxesXyxy: new Float32Array(0),
    segmentation: () => undefined,
    annotationId: (object) => object + 1,
  }
}

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

test('boxes are scaled by the factors of the rounded size', (t) => {
  // 640 x 427 becomes 1199 x 800: the factors 1.8734 and 1.8735 differ.
  const placed = placeImage(sample([427, 640], [[64, 42.7, 320, 213.5]]), {
    scale: [1333, 800],
    flip: false,
  })
  assertClose(t, placed.boxesXyxy, [119.9, 80, 599.5, 400], 1e-6)
})

test('boxes are clipped to the resized image', (t) => {
  const placed = placeImage(sample([50, 100], [[-5, -6, 120, 70]]), {
    scale: [200, 100],
    flip: false,
  })
  assertClose(t, placed.boxesXyxy, [0, 0, 200, 100], 0)
})

test('a flip mirrors boxes about the resized width, and twice is nothing', (t) => {
  const image = sample([50, 100], [[10, 5, 30, 25]])
  const flipped = placeImage(image, { scale: [200, 100], flip: true })
  assertClose(t, flipped.boxesXyxy, [140, 10, 180, 50], 0)
  const again = placeImage(
    { ...image, size: flipped.size, boxesXyxy: flipped.boxesXyxy },
    { scale: [200, 100], flip: true },
  )
  assertClose(t, again.boxesXyxy, [20, 10, 60, 50], 0)
})

test('a box that has nothing left inside is dropped with its label', (t) => {
  const image = sample(
    [50, 100],
    [
      [100, 0, 110, 10],
      [0, 0, 10, 10],
      [0, -5, 10, 0],
    ],
  )
  const placed = placeImage(image, { scale: [100, 50], flip: false })
  assertClose(t, placed.boxesXyxy, [0, 0, 10, 10], 0)
  t.deepEqual([...placed.labels], [1])
})

const lost = sample([50, 100], [[100, 0, 110, 10]])
const kept = sample([50, 100], [[0, 0, 10, 10]])
const augmentation = { scales: [[100, 50] as const], flip: 0.5 }

test('an image that loses its objects makes way for another of its group', (t) => {
  const samples = [lost, sample([40, 40], [[1, 1, 9, 9]]), kept, lost]
  for (let i = 0; i < 20; i++) {
    const draw = () =>
      augmentImage(samples, 0, augmentation, { group: [0, 2, 3], random: new Random('redraw', i) })
    t.is(draw().sample, kept)
    t.deepEqual(draw(), draw())
  }
})

test('an image that never had objects is taken as it is', (t) => {
  const empty = sample([50, 100])
  const random = new Random(0)
  t.is(augmentImage([empty, kept], 0, augmentation, { group: [0, 1], random }).sample, empty)
})

test('redrawing ends even where no image of the group can be used', (t) => {
  const random = new Random(0)
  t.is(augmentImage([lost], 0, augmentation, { group: [0], random }).labels.length, 0)
})

test('all scales and both directions are drawn about equally often', (t) => {
  const scales = [
    [100, 50],
    [200, 100],
    [400, 200],
  ] as const
  const drawn = Array.from({ length: 3000 }, (_, i) =>
    augmentImage([kept], 0, { scales, flip: 0.25 }, { group: [0], random: new Random(5, i) }),
  )
  for (const [, height] of scales) {
    const share = drawn.filter((placed) => placed.size[0] === height).length / drawn.length
    t.true(Math.abs(share - 1 / 3) < 0.03, `${height}: ${share}`)
  }
  const flips = drawn.filter((placed) => placed.flip).length / drawn.length
  t.true(Math.abs(flips - 0.25) < 0.03, `${flips}`)
})

test('the probabilities 0 and 1 never and always flip', (t) => {
  for (let i = 0; i < 50; i++) {
    for (const flip of [0, 1]) {
      const random = new Random(i)
      const drawn = augmentImage([kept], 0, { ...augmentation, flip }, { group: [0], random })
      t.is(drawn.flip, flip === 1)
    }
  }
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
