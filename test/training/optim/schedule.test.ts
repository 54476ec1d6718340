import test from 'ava'
import { lambdaAt, learningRateAt, type ScheduleOptions } from '../../../training/optim/schedule.js'
import { assertClose } from '../../helpers/assert_close.js'

const retinanet = { epochs: 12, decayEpochs: [10, 11], warmupIters: 500, warmupRatio: 0.001 }
const at = (iteration: number) =>
  learningRateAt(8e-5, retinanet, { iteration, iterationsPerEpoch: 1000 }) / 8e-5

test('the step schedule falls to a tenth at epoch 10 and to a hundredth at epoch 11', (t) => {
  assertClose(t, [500, 9999, 10000, 10999, 11000, 11999].map(at), [1, 1, 0.1, 0.1, 0.01, 0.01])
})

test('the warm-up starts at its ratio, is half way at half its length, and ends at the full rate', (t) => {
  assertClose(t, [0, 250, 499, 500].map(at), [0.001, 0.5005, 1 - (1 / 500) * 0.999, 1], 1e-9)
})

test('the warm-up scales what the schedule gives', (t) => {
  const schedule = { epochs: 2, decayEpochs: [1], warmupIters: 20, warmupRatio: 0 }
  const lr = learningRateAt(1, schedule, { iteration: 10, iterationsPerEpoch: 10 })
  assertClose(t, lr, 0.1 * 0.5, 1e-12)
})

const cosine = (schedule: Omit<ScheduleOptions, 'policy'>, iterationsPerEpoch: number) => {
  const total = schedule.epochs * iterationsPerEpoch
  return Array.from({ length: total }, (_, iteration) =>
    learningRateAt(0.8, { ...schedule, policy: 'cosine' }, { iteration, iterationsPerEpoch }),
  )
}

test('the cosine warms up to the full rate in its last iteration, and falls from there: each rate by hand', (t) => {
  const falling = [0.8, 0.4 * (1 + Math.SQRT1_2), 0.4, 0.4 * (1 - Math.SQRT1_2)]
  const expected = [0, 0.2, 0.4, 0.6, 0.8, ...falling]
  assertClose(t, cosine({ epochs: 3, warmupIters: 5 }, 3), expected, 1e-12)
})

test('the last warm-up step of the VanillaNet recipe has all of 0.0035', (t) => {
  const schedule = { epochs: 300, policy: 'cosine' as const, warmupIters: 50 }
  const rates = [48, 49, 50].map((iteration) =>
    learningRateAt(0.0035, schedule, { iteration, iterationsPerEpoch: 10 }),
  )
  assertClose(t, rates, [(0.0035 * 48) / 49, 0.0035, 0.0035], 1e-12)
})

test('the cosine starts at its ratio and ends a step above its final rate', (t) => {
  const options = { epochs: 1, warmupIters: 2, warmupRatio: 0.25, finalLearningRate: 0.2 }
  assertClose(t, cosine(options, 4), [0.2, 0.8, 0.8, 0.5], 1e-12)
})

test('a warm-up of one iteration is its start, and one of none is none', (t) => {
  assertClose(t, cosine({ epochs: 1, warmupIters: 1, warmupRatio: 0.5 }, 3), [0.4, 0.8, 0.4], 1e-12)
  assertClose(t, cosine({ epochs: 1 }, 2), [0.8, 0.4], 1e-12)
})

test('a cosine no longer than its warm-up is all warm-up', (t) => {
  assertClose(t, cosine({ epochs: 1, warmupIters: 5 }, 5), [0, 0.2, 0.4, 0.6, 0.8], 1e-12)
  assertClose(t, cosine({ epochs: 1, warmupIters: 9 }, 5), [0, 0.1, 0.2, 0.3, 0.4], 1e-12)
})

test('lambda goes from 0 in epoch 0 to 1 at decayEpochs, and stays', (t) => {
  const linear = [0, 25, 100, 101].map((epoch) => lambdaAt(epoch, { decayEpochs: 100 }))
  assertClose(t, linear, [0, 0.25, 1, 1])
  const curved = [0, 50, 25, 100].map((epoch) =>
    lambdaAt(epoch, { decayEpochs: 100, curve: 'cosine' }),
  )
  assertClose(t, curved, [0, 0.5, 0.5 * (1 - Math.SQRT1_2), 1])
})

test('deep training of no epochs has lambda 1 from the start', (t) => {
  t.is(lambdaAt(0, { decayEpochs: 0 }), 1)
})
