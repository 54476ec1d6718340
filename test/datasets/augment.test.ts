import test from 'ava'
import {
  augmentImage,
  placeImage,
  randomScale,
  type Transform,
  trainTransforms,
} from '../../datasets/augment.js'
import { Random } from '../../random/random.js'
import { assertClose } from '../helpers/assert_close.js'
import { sample } from './sample.js'

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
const transforms = trainTransforms(augmentation)

test('an image that loses its objects makes way for another of its group', (t) => {
  const samples = [lost, sample([40, 40], [[1, 1, 9, 9]]), kept, lost]
  for (let i = 0; i < 20; i++) {
    const draw = () =>
      augmentImage(samples, 0, transforms, { group: [0, 2, 3], random: new Random('redraw', i) })
    t.is(draw().sample, kept)
    t.deepEqual(draw(), draw())
  }
})

test('an image that never had objects is taken as it is', (t) => {
  const empty = sample([50, 100])
  const random = new Random(0)
  t.is(augmentImage([empty, kept], 0, transforms, { group: [0, 1], random }).sample, empty)
})

test('redrawing ends even where no image of the group can be used', (t) => {
  const random = new Random(0)
  t.is(augmentImage([lost], 0, transforms, { group: [0], random }).labels.length, 0)
})

test('all scales and both directions are drawn about equally often', (t) => {
  const scales = [
    [100, 50],
    [200, 100],
    [400, 200],
  ] as const
  const drawn = Array.from({ length: 3000 }, (_, i) =>
    augmentImage([kept], 0, trainTransforms({ scales, flip: 0.25 }), {
      group: [0],
      random: new Random(5, i),
    }),
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
      const drawn = augmentImage([kept], 0, trainTransforms({ ...augmentation, flip }), {
        group: [0],
        random,
      })
      t.is(drawn.flip, flip === 1)
    }
  }
})

test('transforms are applied in their order, each to what the one before has made', (t) => {
  const image = sample([50, 100], [[10, 5, 30, 25]])
  const seen: number[][] = []
  const look: Transform = (placed) => {
    seen.push([...placed.size, ...placed.boxesXyxy])
    return placed
  }
  const list = [
    look,
    randomScale([[200, 100]]),
    look,
    ...trainTransforms({ ...augmentation, flip: 1 }),
  ]
  const placed = augmentImage([image], 0, list, { group: [0], random: new Random(0) })
  t.deepEqual(seen, [
    [50, 100, 10, 5, 30, 25],
    [100, 200, 20, 10, 60, 50],
  ])
  t.deepEqual([...placed.size, ...placed.boxesXyxy], [50, 100, 70, 5, 90, 25])
  t.deepEqual([...image.boxesXyxy], [10, 5, 30, 25], 'the sample is as it was')
})
