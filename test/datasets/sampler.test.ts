import test from 'ava'
import fc from 'fast-check'
import { aspectGroup, batchesPerEpoch, epochBatches } from '../../datasets/index.js'

test('only images wider than high are in group 1', (t) => {
  t.is(aspectGroup([480, 640]), 1)
  t.is(aspectGroup([640, 480]), 0)
  t.is(aspectGroup([500, 500]), 0)
})

test('a group of three in batches of two repeats its first image, and the batches stay apart', (t) => {
  const groups = [0, 1, 0, 1, 0]
  const batches = epochBatches(groups, { batchSize: 2, seed: 0, epoch: 0 })
  t.is(batches.length, 3)
  const counts = groups.map((_, i) => batches.flat().filter((index) => index === i).length)
  t.deepEqual([counts[1], counts[3]], [1, 1])
  t.deepEqual([counts[0], counts[2], counts[4]].sort(), [1, 1, 2])
})

test('a group smaller than a batch is repeated until it is full', (t) => {
  const [batch] = epochBatches([0, 0], { batchSize: 5, seed: 3, epoch: 0 })
  t.is(batch.length, 5)
  t.deepEqual([...new Set(batch)].sort(), [0, 1])
  t.is(batch[0], batch[2])
  t.is(batch[1], batch[3])
})

test('every batch is full and of one group, and every image comes', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(1000),
      (groups, batchSize, seed) => {
        const batches = epochBatches(groups, { batchSize, seed, epoch: 2 })
        t.is(batches.length, batchesPerEpoch(groups, batchSize))
        for (const batch of batches) {
          t.is(batch.length, batchSize)
          t.is(new Set(batch.map((index) => groups[index])).size, 1)
        }
        t.is(new Set(batches.flat()).size, groups.length)
      },
    ),
  )
})

test('the order depends on seed and epoch, and on nothing else', (t) => {
  const groups = Array.from({ length: 40 }, (_, i) => i % 2)
  const order = (seed: number, epoch: number) => epochBatches(groups, { batchSize: 4, seed, epoch })
  t.deepEqual(order(1, 2), order(1, 2))
  t.notDeepEqual(order(1, 2), order(1, 3))
  t.notDeepEqual(order(1, 2), order(2, 2))
  t.notDeepEqual(order(1, 2).flat(), order(1, 2).flat().sort())
  // Not only the order of the batches changes, but also what is in them.
  const contents = (epoch: number) =>
    order(1, epoch)
      .map((batch) => batch.join())
      .sort()
  t.notDeepEqual(contents(2), contents(3))
})

test('without images there are no batches', (t) => {
  t.deepEqual(epochBatches([], { batchSize: 2, seed: 0, epoch: 0 }), [])
  t.is(batchesPerEpoch([], 2), 0)
})
