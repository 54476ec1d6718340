import test from 'ava'
import { lambdaAt, learningRateAt } from '../../training/schedule.js'
import { assertClose } from '../helpers/assert_close.js'

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

test('the cosine falls from the end of the warm-up to the last iteration', (t) => {
  const schedule = {
    epochs: 2,
    policy: 'cosine' as const,
    warmupIters: 20,
    warmupRatio: 0,
    finalLearningRate: 0.2,
  }
  const rates = [0, 10, 20, 110, 200].map((iteration) =>
    learningRateAt(1, schedule, { iteration, iterationsPerEpoch: 100 }),
  )
  assertClose(t, rates, [0, 0.5, 1, 0.6, 0.2], 1e-12)
})

test('a cosine no longer than its warm-up is all warm-up', (t) => {
  const schedule = { epochs: 1, policy: 'cosine' as const, warmupIters: 10, warmupRatio: 0 }
  assertClose(t, learningRateAt(1, schedule, { iteration: 5, iterationsPerEpoch: 10 }), 0.5)
})

test('lambda goes from 0 in epoch 0 to 1 at decayEpochs, and stays', (t) => {
  const linear = [0, 25, 100, 101].map((epoch) => lambdaAt(epoch, { decayEpochs: 100 }))
  assertClose(t, linear, [0, 0.25, 1, 1])
  const cosine = [0, 50, 25, 100].map((epoch) =>
    lambdaAt(epoch, { decayEpochs: 100, curve: 'cosine' }),
  )
  assertClose(t, cosine, [0, 0.5, 0.5 * (1 - Math.SQRT1_2), 1])
})

test('deep training of no epochs has lambda 1 from the start', (t) => {
  t.is(lambdaAt(0, { decayEpochs: 0 }), 1)
})
