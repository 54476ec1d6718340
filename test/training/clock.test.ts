import test from 'ava'
import { Clock } from '../../training/clock.js'
import type { TrainOptions } from '../../training/train_options.js'

const clockOf = (batches: number, options: Partial<TrainOptions> & { accumulate?: number }) =>
  new Clock({
    loader: { iterationsPerEpoch: batches } as TrainOptions['loader'],
    optimizer: { type: 'AdamW', learningRate: 1, accumulate: options.accumulate },
    schedule: { epochs: 3, decayEpochs: [1], deepTraining: { decayEpochs: 2 } },
    maxIters: options.maxIters,
  })

test('the last update of an epoch takes the batches that are left', (t) => {
  const clock = clockOf(7, { accumulate: 3 })
  t.deepEqual([clock.iterationsPerEpoch, clock.scheduled, clock.total], [3, 9, 9])
  const moments = Array.from({ length: 4 }, (_, iteration) => {
    clock.iteration = iteration
    return [clock.epoch, clock.batchInEpoch, clock.batchCount, clock.endsEpoch]
  })
  t.deepEqual(moments, [
    [0, 0, 3, true],
    [0, 3, 3, false],
    [0, 6, 1, false],
    [1, 0, 3, true],
  ])
})

test('a run ends with its schedule, or earlier where that is asked for', (t) => {
  t.is(clockOf(4, { maxIters: 100 }).total, 12)
  const clock = clockOf(4, { maxIters: 5 })
  clock.iteration = 4
  t.false(clock.isDone)
  clock.iteration = 5
  t.true(clock.isDone)
  t.is(clock.scheduled, 12)
})

test('rate and lambda are those of the epoch that an update is in', (t) => {
  const clock = clockOf(4, { accumulate: 2 })
  t.deepEqual(
    [0, 1, 2, 5].map((i) => clock.rateAt(i)),
    [1, 1, 0.1, 0.1],
  )
  t.deepEqual(
    [0, 1, 2, 3, 4].map((i) => clock.lambdaAt(i)),
    [0, 0, 0.5, 0.5, 1],
  )
})
