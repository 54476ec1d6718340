import ava from 'ava'
import { TrainingError } from '../../errors.js'
import { train } from '../../training/loop.js'
import type { TrainOptions } from '../../training/train_options.js'
import { readSafetensors } from '../../weights/safetensors.js'
import { assertClose } from '../helpers/assert_close.js'
import { TinyDetector, TinyLoader } from './tiny_detector.js'
import { checkpointBytes, linesOf, optionsOf, timelessLines } from './tiny_run.js'

// One at a time: every run listens for the signals of this process.
const test = ava.serial

/** Two epochs of three batches, of which those numbered overflow. */
function scaledOptions(poisoned: readonly number[], overrides: Partial<TrainOptions> = {}) {
  const loader = new TinyLoader(3, { poisoned })
  return optionsOf({ loader, lossScale: { initial: 1024, growthInterval: 2 }, ...overrides })
}

const trainStateOf = (checkpoint: string) =>
  readSafetensors(checkpoint.replace(/\.safetensors$/, '.train_state.safetensors'))

test('with a loss scale an overflow costs one update, and the log tells it', async (t) => {
  const options = scaledOptions([2, 3])
  const { iteration, checkpoint } = await train(options)
  t.is(iteration, 6)
  const lines = await linesOf(options.workDir)
  t.deepEqual(
    lines.map((line) => [line.iter, line.lossScale, line.skippedUpdates, 'loss' in line]),
    [
      [1, 1024, 0, true],
      [2, 2048, 0, true],
      [3, 1024, 1, false],
      [4, 512, 2, false],
      [5, 512, 2, true],
      [6, 1024, 2, true],
    ],
  )
  t.true(lines.every((line) => Object.values(line).every(Number.isFinite)))
  const { tensors, metadata } = await trainStateOf(checkpoint)
  t.deepEqual(JSON.parse(metadata['vanilladet.loss_scale']), {
    scale: 1024,
    goodUpdates: 0,
    skippedUpdates: 2,
  })
  t.true(Object.values(tensors).every(({ data }) => data.every(Number.isFinite)))
})

test('the means of a line are those of the updates that were made', async (t) => {
  const every = scaledOptions([1])
  const third = scaledOptions([1], { logging: { interval: 3 } })
  await train(every)
  await train(third)
  const losses = (await linesOf(every.workDir)).map(({ loss }) => loss)
  const means = (await linesOf(third.workDir)).map(({ loss }) => loss)
  const expected = [(losses[0] + losses[2]) / 2, (losses[3] + losses[4] + losses[5]) / 3]
  assertClose(t, means, expected, 1e-9)
})

// AdamW corrects its moments by the number of updates that went into them.
test('skipped updates are as if they had not been, but for schedule and data', async (t) => {
  class Without extends TinyLoader {
    override async *batches(start: { epoch: number; iteration: number }) {
      let number = 0
      for await (const batch of super.batches(start)) if (number++ !== 1) yield batch
    }
  }
  const schedule = { epochs: 1 } // one rate throughout
  const skipping = await train(scaledOptions([1], { schedule, maxIters: 3 }))
  const without = await train(scaledOptions([], { schedule, loader: new Without(3), maxIters: 2 }))
  const [a, b] = [await trainStateOf(skipping.checkpoint), await trainStateOf(without.checkpoint)]
  t.deepEqual(a.tensors, b.tensors)
  const [c, d] = await Promise.all([skipping, without].map(({ checkpoint }) => weights(checkpoint)))
  t.deepEqual(c, d)
})

const weights = async (checkpoint: string) => (await readSafetensors(checkpoint)).tensors

const scaledVariants: Record<string, Partial<TrainOptions>> = {
  'one batch an update': { loader: new TinyLoader(3, { poisoned: [1, 3] }), ema: { decay: 0.9 } },
  'several batches an update': {
    loader: new TinyLoader(5, { poisoned: [2, 4] }),
    ema: { decay: 0.9 },
    optimizer: { type: 'AdamW', learningRate: 0.05, accumulate: 2, maxGradNorm: 0.1 },
  },
  'a logging interval that the stop falls into': {
    loader: new TinyLoader(3, { poisoned: [0, 3] }),
    logging: { interval: 4 },
  },
}

for (const [name, variant] of Object.entries(scaledVariants)) {
  for (const stop of [1, 2, 4]) {
    test(`with a loss scale, ${stop} iterations, a stop and the rest equal one run byte for byte: ${name}`, async (t) => {
      const whole = scaledOptions([], variant)
      const parts = scaledOptions([], variant)
      const expected = await train(whole)
      await train({ ...parts, maxIters: stop })
      const model = new TinyDetector().initialize(99)
      const second = await train({ ...parts, model, resume: true })
      t.deepEqual(
        await checkpointBytes(second.checkpoint),
        await checkpointBytes(expected.checkpoint),
      )
      t.deepEqual(await timelessLines(parts.workDir), await timelessLines(whole.workDir))
    })
  }
}

test('a run goes on without a loss scale and with one again, and forgets neither scale nor count', async (t) => {
  const options = scaledOptions([1])
  const scaleOf = async (checkpoint: string) =>
    JSON.parse((await trainStateOf(checkpoint)).metadata['vanilladet.loss_scale'])
  const first = await train({ ...options, maxIters: 2 })
  const saved = { scale: 512, goodUpdates: 0, skippedUpdates: 1 }
  t.deepEqual(await scaleOf(first.checkpoint), saved)
  const second = await train({ ...options, maxIters: 4, resume: true, lossScale: undefined })
  t.deepEqual(await scaleOf(second.checkpoint), saved)
  const third = await train({ ...options, maxIters: 5, resume: true })
  t.deepEqual(await scaleOf(third.checkpoint), { ...saved, goodUpdates: 1 })

  const whole = scaledOptions([1])
  const expected = await train({ ...whole, maxIters: 5 })
  t.deepEqual(await weights(third.checkpoint), await weights(expected.checkpoint))
  const keys = (await linesOf(options.workDir)).map((line) => 'lossScale' in line)
  t.deepEqual(keys, [true, true, false, false, true])
})

for (const accumulate of [1, 2]) {
  test(`gradients that overflow float16 halve the scale until they fit, ${accumulate} batches an update`, async (t) => {
    const options = optionsOf({
      compute: { precision: 'fp16' },
      loader: new TinyLoader(8, { boxScale: 300 }),
      schedule: { epochs: 4 },
      optimizer: { type: 'SGD', learningRate: 0.1, accumulate },
    })
    const { checkpoint } = await train(options)
    const lines = await linesOf(options.workDir)
    const losses = lines.filter((line) => 'loss' in line).map(({ loss }) => loss)
    const skipped = lines.length - losses.length
    t.true(skipped >= 4, `${skipped} skipped`)
    t.false('loss' in lines[0])
    t.is(lines.at(-1)!.lossScale, 65536 / 2 ** skipped)
    t.true(losses.at(-1)! < losses[0] / 2, `${losses}`)
    const { tensors } = await readSafetensors(checkpoint)
    t.true(Object.values(tensors).every(({ data }) => data.every(Number.isFinite)))
  })
}

test('a run that was begun without a loss scale goes on with a new one', async (t) => {
  const options = scaledOptions([])
  const first = await train({ ...options, maxIters: 2, lossScale: undefined })
  const { metadata } = await trainStateOf(first.checkpoint)
  t.deepEqual(Object.keys(metadata).sort(), ['format', 'vanilladet', 'vanilladet.log'])
  await train({ ...options, resume: true })
  const scales = (await linesOf(options.workDir)).map(({ lossScale }) => lossScale)
  t.deepEqual(scales, [undefined, undefined, 1024, 2048, 2048, 4096] as never)
})

test('a scale that falls below 1 stops training with a sentence', async (t) => {
  const lossScale = { initial: 2 }
  const options = scaledOptions([1, 2, 3, 4], { lossScale, checkpoint: { interval: 1 } })
  await t.throwsAsync(train(options), {
    instanceOf: TrainingError,
    message:
      'train: at iteration 3 the loss scale fell below 1 after 2 skipped updates, since activations or gradients ' +
      'overflow float16; nothing was saved; go on in precision fp32, or lower optimizer.learningRate',
  })
  t.is((await linesOf(options.workDir)).length, 2)
})
