import test, { type ExecutionContext } from 'ava'
import type { TrainBatch } from '../../detectors/detector.js'
import type { DeviceTensor, Memory } from '../../engine/device_tensor.js'
import { openMemory } from '../../engine/memory.js'
import type { HostTree } from '../../engine/tensors.js'
import { floats, ints } from '../../host_tensor.js'
import { type ForwardOptions, Parameter } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import {
  accumulatingIterations,
  type IterationInputs,
  type Iterations,
  singleBatchIterations,
} from '../../training/iteration.js'
import { makeOptimizer, type OptimizerOptions } from '../../training/optim/optimizer.js'
import { TrainState } from '../../training/train_state.js'
import { assertClose } from '../helpers/assert_close.js'
import { readAll } from './read_all.js'
import { TinyDetector, tinyBatch } from './tiny_detector.js'

const adamW: OptimizerOptions = { type: 'AdamW', learningRate: 0.05, weightDecay: 0.1 }

interface Setting {
  detector?: TinyDetector
  optimizer?: OptimizerOptions
  accumulating?: boolean
  memory?: Memory
}

function setUp(setting: Setting = {}) {
  const { detector = new TinyDetector(), optimizer = adamW, accumulating, memory } = setting
  detector.initialize(5)
  const rule = makeOptimizer(optimizer, { weight: [4, 3], bias: [4] })
  const state = TrainState.of(detector, rule.slots, { ema: true, memory })
  const { maxGradNorm } = optimizer
  const make = accumulating ? accumulatingIterations : singleBatchIterations
  const iterations = make(detector, state, { optimizer: rule, maxGradNorm, emaDecay: 0.9 })
  return { state, iterations }
}

for (const accumulating of [false, true]) {
  const what = accumulating ? 'gathered batches' : 'a batch'
  test(`the graphs for ${what} are made once for each shape, before they run`, async (t) => {
    const { iterations, state } = setUp({ accumulating })
    const wider = tinyBatch(1)
    const [count, slots] = wider.labels.shape
    const boxesXyxy = floats(new Float32Array(count * (slots + 1) * 4), [count, slots + 1, 4])
    const labels = ints(new Int32Array(count * (slots + 1)).fill(-1), [count, slots + 1])
    const large = { ...wider, boxesXyxy, labels }
    const compiledFor = async (...batches: Batches) => {
      const compiled: IterationInputs['batches'][number][] = []
      const inputs = { batches, learningRate: 0.05, step: 1, lambda: 1 }
      await iterations.prepare(inputs, (batch) => compiled.push(batch))
      await iterations.run(inputs)
      return compiled
    }
    t.deepEqual(await compiledFor(good), [good])
    t.deepEqual(await compiledFor(wider), [])
    t.deepEqual(await compiledFor(large), [large])
    if (accumulating) t.deepEqual(await compiledFor(good, large), [])
    await iterations.dispose()
    state.dispose()
  })
}

type Batches = readonly HostTree<TrainBatch>[]

function run(iterations: Iterations, batches: Batches, changes: Partial<IterationInputs> = {}) {
  return iterations.run({ batches, learningRate: 0.05, step: 1, lambda: 1, ...changes })
}

const good = tinyBatch(0)
/** Its gradients are about 1000. */
const large = tinyBatch(1, 1000)
/** Its loss and gradients are infinite. */
const overflowing = tinyBatch(1, 1e25)

/** Updates that follow others; each of them of one batch or two. */
async function threeUpdates(setting: Setting, lossScale?: number) {
  const { state, iterations } = setUp(setting)
  const metrics: Record<string, number>[] = []
  for (const step of [1, 2, 3]) {
    const batches = setting.accumulating
      ? [tinyBatch(step), tinyBatch(step + 10)]
      : [tinyBatch(step)]
    const result = await run(iterations, batches, { step, lossScale })
    if (!result.isUpdated) throw new Error('an update was left out')
    metrics.push(result.metrics)
  }
  return { metrics, state: readAll(state.current) }
}

for (const accumulating of [false, true]) {
  const kind = accumulating ? 'of several batches' : 'of one batch'

  // Powers of two only move the exponents of numbers.
  test(`a loss scale changes no bit of updates ${kind}, nor of what they log`, async (t) => {
    for (const optimizer of [adamW, { ...adamW, maxGradNorm: 0.1 }]) {
      const plain = await threeUpdates({ accumulating, optimizer })
      t.deepEqual(await threeUpdates({ accumulating, optimizer }, 65536), plain)
    }
  })

  test(`an overflow leaves everything as it was, in updates ${kind}`, async (t) => {
    const { state, iterations } = setUp({ accumulating })
    await run(iterations, [good], { lossScale: 8 })
    await run(iterations, [good], { lossScale: 8 })
    const before = readAll(state.current)
    const poisoned = accumulating
      ? [[overflowing], [good, overflowing], [overflowing, good], [good, overflowing, good]]
      : [[overflowing], [overflowing]]
    for (const batches of poisoned) {
      const { isUpdated, metrics } = await run(iterations, batches, { lossScale: 8 })
      t.false(isUpdated)
      t.false(Number.isFinite(metrics.gradNorm))
      t.deepEqual(readAll(state.current), before)
    }

    const twin = setUp({ accumulating })
    for (const _ of [0, 1, 2]) await run(twin.iterations, [good], { lossScale: 8 })
    t.true((await run(iterations, [good], { lossScale: 8 })).isUpdated)
    t.deepEqual(readAll(state.current), readAll(twin.state.current))
  })

  test(`gradients that only the scale makes overflow are found, in updates ${kind}`, async (t) => {
    const { state, iterations } = setUp({ accumulating })
    const before = readAll(state.current)
    const { isUpdated, metrics } = await run(iterations, [large], { lossScale: 2 ** 127 })
    t.false(isUpdated)
    t.true(Number.isFinite(metrics.loss), 'the loss is logged without the scale')
    t.deepEqual(readAll(state.current), before)
  })

  test(`a statistic that is not finite is found, in updates ${kind}`, async (t) => {
    const { state, iterations } = setUp({ detector: new BrokenStatistics(), accumulating })
    const before = readAll(state.current)
    const { isUpdated, metrics } = await run(iterations, [overflowing], { lossScale: 1 })
    t.true(Object.values(metrics).every(Number.isFinite))
    t.false(isUpdated)
    t.deepEqual(readAll(state.current), before)
    t.true((await run(iterations, [good], { lossScale: 1 })).isUpdated)
  })

  test(`without a scale what is not finite is told and not kept, in updates ${kind}`, async (t) => {
    const { state, iterations } = setUp({ accumulating })
    const before = readAll(state.current)
    const { isUpdated, metrics } = await run(iterations, [overflowing])
    t.false(isUpdated)
    t.is(metrics.loss, Number.POSITIVE_INFINITY)
    t.deepEqual(readAll(state.current), before)
  })

  test(`no tensor of the state is made or brought to the device after the first, in updates ${kind}`, async (t) => {
    let made = 0
    const memory = openMemory({})
    const count = <Args extends unknown[], Result>(call: (...args: Args) => Result) => {
      return (...args: Args) => {
        made++
        return call(...args)
      }
    }
    const watched = { ...memory, upload: count(memory.upload), zeros: count(memory.zeros) }
    const { state, iterations } = setUp({ accumulating, memory: watched })
    const batches = accumulating ? [good, good, good] : [good]
    await run(iterations, batches)
    t.true(made > 0)
    made = 0
    const tensors = new Set<DeviceTensor>()
    for (const _ of [0, 1, 2]) {
      await run(iterations, batches)
      for (const tensor of Object.values(state.current.buffers)) tensors.add(tensor)
    }
    t.is(made, 0)
    t.is(tensors.size, accumulating ? 4 : 3, 'the frozen weights are there once')
  })

  test(`buffers go on from batch to batch, in updates ${kind}`, async (t) => {
    const { state, iterations } = setUp({ accumulating })
    const batches = [good, tinyBatch(7), tinyBatch(8)]
    for (const [i, batch] of batches.entries()) {
      if (!accumulating) await run(iterations, [batch], { step: i + 1 })
    }
    if (accumulating) await run(iterations, batches)
    assertRunningMean(t, state, batches)
  })
}

/** Its loss does not see the boxes that make its statistics infinite. */
class BrokenStatistics extends TinyDetector {
  readonly largest_square = new Parameter([1], () => new Float32Array(1), { trainable: false })

  override loss(batch: TrainBatch, options?: ForwardOptions): Record<string, tf.Scalar> {
    if (options?.training) {
      const largest = tf.max(batch.boxesXyxy)
      this.largest_square.update(tf.reshape(tf.square(largest), [1]))
    }
    const boxesXyxy = tf.minimum(batch.boxesXyxy, 1) as tf.Tensor3D
    return super.loss({ ...batch, boxesXyxy }, options)
  }
}

function assertRunningMean(t: ExecutionContext, state: TrainState, batches: Batches): void {
  const mean = [0, 0, 0]
  for (const { images } of batches) {
    for (const channel of [0, 1, 2]) {
      const values = [...images.data].filter((_, i) => i % 3 === channel)
      const batchMean = values.reduce((sum, value) => sum + value / 255, 0) / values.length
      mean[channel] = 0.9 * mean[channel] + 0.1 * batchMean
    }
  }
  assertClose(t, state.current.buffers.running_mean.read().data, mean)
}

test('an update that breaks off leaves the state and the sums of gradients as they were', async (t) => {
  const { state, iterations } = setUp({ accumulating: true })
  const before = readAll(state.current)
  const broken = { ...good, images: { ...good.images, shape: [1, 1] } } // too few axes
  await t.throwsAsync(run(iterations, [good, broken]))
  t.deepEqual(readAll(state.current), before)
  const { metrics } = await run(iterations, [good])
  const { metrics: fresh } = await run(setUp({ accumulating: true }).iterations, [good])
  t.deepEqual(metrics, fresh)
})
