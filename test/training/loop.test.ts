import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import ava from 'ava'
import type { TrainBatch, TrainBatchShapes } from '../../detectors/detector.js'
import { ConfigError, DataError, TrainingError } from '../../errors.js'
import type { ForwardOptions } from '../../nn/index.js'
import * as tf from '../../tf/tf.js'
import { train } from '../../training/loop.js'
import type { TrainOptions } from '../../training/train_options.js'
import { readCheckpointMetadata } from '../../weights/checkpoint_metadata.js'
import { assertClose } from '../helpers/assert_close.js'
import { TinyDetector, TinyLoader } from './tiny_detector.js'
import { checkpointBytes, folder, linesOf, optionsOf, timelessLines } from './tiny_run.js'

// One at a time: every run listens for the signals of this process.
const test = ava.serial

test('training goes through all epochs and lowers the loss', async (t) => {
  const options = optionsOf({ schedule: { epochs: 10 } })
  const result = await train(options)
  t.is(result.reason, 'finished')
  t.is(result.iteration, 30)
  const losses = (await linesOf(options.workDir)).map(({ loss }) => loss)
  t.is(losses.length, 30)
  t.true(losses.at(-1)! < 0.5 * losses[0], `${losses[0]} -> ${losses.at(-1)}`)
})

test('a line of metrics.jsonl tells iteration, epoch, rate, losses, norm, times and memory', async (t) => {
  const options = optionsOf()
  const logged: object[] = []
  await train({ ...options, hooks: { onLog: (line) => logged.push(line) } })
  const lines = await linesOf(options.workDir)
  t.deepEqual(logged, lines)
  t.deepEqual(
    lines.map(({ iter, epoch }) => [iter, epoch]),
    [1, 2, 3, 4, 5, 6].map((iter) => [iter, iter <= 3 ? 1 : 2]),
  )
  const rates = [0.001, 0.5005, 1, 0.1, 0.1, 0.1].map((part) => part * 0.05)
  assertClose(
    t,
    lines.map(({ lr }) => lr),
    rates,
    1e-9,
  )
  for (const line of lines) {
    assertClose(t, line.loss, line.loss_corner + line.loss_extent)
    t.true(line.gradNorm > 0 && line.time >= line.dataTime && line.memoryMiB > 1)
  }
})

test('what graphs take to make is logged apart from the time of an iteration', async (t) => {
  const options = optionsOf({ logging: { interval: 2 } })
  await train(options)
  const [first, ...others] = await linesOf(options.workDir)
  t.true(first.compileTime > 0)
  t.deepEqual(
    others.map(({ compileTime }) => compileTime),
    [undefined, undefined],
  )
})

/** Batches of two shapes: every second has a row of pixels more. */
class TwoShapeLoader extends TinyLoader {
  readonly shapeCount = 2

  override async *batches(start: { epoch: number; iteration: number }) {
    let { iteration } = start
    for await (const { tensors } of super.batches(start)) {
      const images = { ...tensors.images, shape: [2, 5, 4, 3], data: new Uint8Array(120) }
      yield { tensors: iteration++ % 2 === 0 ? tensors : { ...tensors, images } }
    }
  }
}

test('of a known number of shapes, each is compiled once and named', async (t) => {
  const stream = new PassThrough()
  const options = optionsOf({ loader: new TwoShapeLoader(4), progressStream: stream })
  await train(options)
  const compiled = String(stream.read())
    .split('\n')
    .filter((line) => line.startsWith('compiling'))
  t.deepEqual(
    compiled,
    ['4x4x2', '5x4x2'].map((shape) => `compiling the training step for ${shape} ...`),
  )
  const lines = await linesOf(options.workDir)
  t.deepEqual(
    lines.map(({ compileTime }) => compileTime > 0),
    lines.map((_, i) => i < 2),
  )
})

test('warm-up and epochs count updates, whatever number of batches they take', async (t) => {
  const optimizer = { type: 'SGD', learningRate: 1, accumulate: 2 } as const
  const schedule = { epochs: 2, warmupIters: 2, warmupRatio: 0.5, decayEpochs: [1] }
  const options = optionsOf({ optimizer, schedule, loader: new TinyLoader(6, { boxScale: 1e-3 }) })
  await train(options)
  const lines = await linesOf(options.workDir)
  assertClose(
    t,
    lines.map(({ lr }) => lr),
    [0.5, 0.75, 1, 0.1, 0.1, 0.1],
    1e-12,
  )
})

test('batches are handed back once their update is done', async (t) => {
  const events: string[] = []
  class Lender extends TinyLoader {
    override async *batches(start: { epoch: number; iteration: number }) {
      for await (const batch of super.batches(start)) {
        events.push('taken')
        yield batch
      }
    }
    reuse({ images }: { images: { data: ArrayLike<number> } }) {
      events.push(`back, ${images.data.length} bytes`)
    }
  }
  const optimizer = { type: 'SGD', learningRate: 1e-3, accumulate: 2 } as const
  await train(optionsOf({ optimizer, loader: new Lender(4), schedule: { epochs: 1 } }))
  const update = ['taken', 'taken', 'back, 96 bytes', 'back, 96 bytes']
  t.deepEqual(events, [...update, ...update])
})

test('a line is the mean over its interval', async (t) => {
  const [every, third] = [optionsOf(), optionsOf({ logging: { interval: 3 } })]
  await train(every)
  await train(third)
  const losses = (await linesOf(every.workDir)).map(({ loss }) => loss)
  const means = (await linesOf(third.workDir)).map(({ loss }) => loss)
  assertClose(
    t,
    means,
    [0, 3].map((i) => (losses[i] + losses[i + 1] + losses[i + 2]) / 3),
    1e-9,
  )
})

test('the same seed gives the same checkpoints and metrics', async (t) => {
  const [a, b] = [optionsOf(), optionsOf()]
  const [first, second] = [await train(a), await train(b)]
  t.deepEqual(await checkpointBytes(first.checkpoint), await checkpointBytes(second.checkpoint))
  t.deepEqual(await timelessLines(a.workDir), await timelessLines(b.workDir))
})

const variants: Record<string, Partial<TrainOptions>> = {
  AdamW: {},
  'AdamW with EMA and clipping': {
    ema: { decay: 0.9 },
    optimizer: { type: 'AdamW', learningRate: 0.05, maxGradNorm: 0.1 },
  },
  'SGD with momentum': {
    optimizer: { type: 'SGD', learningRate: 0.05, momentum: 0.9, weightDecay: 1e-3 },
  },
  'accumulation over epochs that it does not divide, with EMA': {
    ema: { decay: 0.9 },
    loader: new TinyLoader(5),
    optimizer: { type: 'SGD', learningRate: 0.05, momentum: 0.9, accumulate: 2 },
  },
  'deep training': {
    schedule: { epochs: 2, warmupIters: 2, deepTraining: { decayEpochs: 1 } },
  },
  'a logging interval that the stop falls into': { logging: { interval: 3 } },
}

for (const [name, variant] of Object.entries(variants)) {
  for (const stop of [2, 3]) {
    test(`${stop} iterations, a stop and the rest equal one run byte for byte: ${name}`, async (t) => {
      const whole = optionsOf(variant)
      const parts = optionsOf(variant)
      const expected = await train(whole)
      const first = await train({ ...parts, maxIters: stop })
      t.is(first.reason, 'maxIters')
      const second = await train({
        ...parts,
        model: new TinyDetector().initialize(99), // overwritten by the checkpoint
        resume: true,
      })
      t.is(second.iteration, expected.iteration)
      t.deepEqual(
        await checkpointBytes(second.checkpoint),
        await checkpointBytes(expected.checkpoint),
      )
      t.deepEqual(await timelessLines(parts.workDir), await timelessLines(whole.workDir))
    })
  }
}

/** Reports the noise it is given, two numbers an image. */
class NoisyDetector extends TinyDetector {
  override noiseShapes({ images }: TrainBatchShapes) {
    return { dice: [images[0], 2] }
  }

  override loss(batch: TrainBatch, options?: ForwardOptions): Record<string, tf.Scalar> {
    const { dice } = batch.noise!
    return {
      ...super.loss(batch, options),
      first_die: tf.reshape(tf.slice(dice, [0, 0], [1, 1]), []),
      highest_die: tf.max(dice),
    }
  }
}

test('noise has the shape asked for, is new for each batch, and is the same after a stop', async (t) => {
  const noisy = (seed: number) => optionsOf({ model: new NoisyDetector().initialize(2), seed })
  const [whole, parts, other] = [noisy(2), noisy(2), noisy(3)]
  await train(whole)
  await train(other)
  await train({ ...parts, maxIters: 4 })
  await train({ ...parts, model: new NoisyDetector().initialize(9), resume: true })
  const dice = (await linesOf(whole.workDir)).map(({ first_die }) => first_die)
  t.is(new Set(dice).size, 6)
  t.true(dice.every((die) => die >= 0 && die < 1))
  t.deepEqual(await timelessLines(parts.workDir), await timelessLines(whole.workDir))
  const otherDice = (await linesOf(other.workDir)).map(({ first_die }) => first_die)
  t.notDeepEqual(otherDice, dice)
})

test('a resumed run asks the loader for the batch after the last one used', async (t) => {
  const options = optionsOf({ optimizer: { type: 'SGD', learningRate: 0.01, accumulate: 2 } })
  await train({ ...options, loader: new TinyLoader(5), maxIters: 4 })
  const loader = new TinyLoader(5)
  await train({ ...options, loader, resume: true })
  t.deepEqual(loader.starts, [{ epoch: 1, iteration: 2 }])
})

test('training anew from a named checkpoint of another work dir goes on in the new one', async (t) => {
  const first = optionsOf()
  const { checkpoint } = await train({ ...first, maxIters: 2 })
  const second = optionsOf()
  const result = await train({ ...second, resume: checkpoint })
  t.is(result.checkpoint, join(second.workDir, 'epoch_2.safetensors'))
  t.deepEqual(
    (await linesOf(second.workDir)).map(({ iter }) => iter),
    [3, 4, 5, 6],
  )
})

test('resuming a finished run changes nothing', async (t) => {
  const options = optionsOf()
  const { checkpoint } = await train(options)
  const before = await checkpointBytes(checkpoint)
  const again = await train({ ...options, resume: true })
  t.deepEqual(again, { iteration: 6, checkpoint, reason: 'finished' })
  t.deepEqual(await checkpointBytes(checkpoint), before)
})

test('Ctrl-C ends the iteration, saves, and the rest can be resumed', async (t) => {
  const whole = optionsOf()
  const expected = await train(whole)
  const options = optionsOf()
  const stopped = await train({
    ...options,
    hooks: { onLog: ({ iter }) => void (iter === 2 && process.emit('SIGINT')) },
  })
  t.deepEqual(stopped, {
    iteration: 2,
    checkpoint: join(options.workDir, 'iter_2.safetensors'),
    reason: 'interrupted',
  })
  t.is(process.listenerCount('SIGTERM'), 0)
  const result = await train({ ...options, resume: true })
  t.deepEqual(await checkpointBytes(result.checkpoint), await checkpointBytes(expected.checkpoint))
})

test('checkpoints are written every interval and at the end, and the newest are kept', async (t) => {
  const options = optionsOf({
    schedule: { epochs: 5 },
    checkpoint: { interval: 2, keep: 2 },
  })
  await train(options)
  const models = (await readdir(options.workDir)).filter((name) => /^epoch_\d+\.safe/.test(name))
  t.deepEqual(models.sort(), ['epoch_4.safetensors', 'epoch_5.safetensors'])
})

test('evaluation sees the averages after each epoch, and its results are kept', async (t) => {
  const options = optionsOf({ ema: { decay: 0.5 } })
  const { model } = options
  const seen: number[][] = []
  const evaluate = async ({ epoch }: { epoch: number }) => {
    seen.push([...(model as TinyDetector).bias.data])
    return { bbox: { AP: epoch / 10 } }
  }
  await train({ ...options, hooks: { evaluate } })
  const weights = [...(model as TinyDetector).bias.data]
  t.is(seen.length, 2)
  t.notDeepEqual(seen[1], weights)
  t.deepEqual(
    await linesOf(options.workDir, 'evaluations.jsonl'),
    [1, 2].map((epoch) => ({ iter: epoch * 3, epoch, bbox: { AP: epoch / 10 } })) as never,
  )
})

test('evaluations come every interval and at the end', async (t) => {
  const options = optionsOf({ schedule: { epochs: 5 }, evaluation: { interval: 2 } })
  const epochs: number[] = []
  const evaluate = async ({ epoch }: { epoch: number }) => {
    epochs.push(epoch)
    return { bbox: { AP: 0 } }
  }
  await train({ ...options, hooks: { evaluate } })
  t.deepEqual(epochs, [2, 4, 5])
})

test('the checkpoint keeps the lambda of its last update', async (t) => {
  const schedule = { epochs: 2, deepTraining: { decayEpochs: 4 } }
  const { checkpoint } = await train(optionsOf({ schedule }))
  t.is((await readCheckpointMetadata(checkpoint))?.lambda, 0.25)
})

test('a loss that is not finite stops training with a sentence and without a checkpoint', async (t) => {
  const options = optionsOf({ loader: new TinyLoader(3, { boxScale: 1e25 }) })
  const error = await t.throwsAsync(train(options), { instanceOf: TrainingError })
  t.regex(
    error?.message ?? '',
    /^train: at iteration 1 loss is Infinity, .*; nothing was saved; lower optimizer.learningRate, lengthen schedule.warmupIters, or set optimizer.maxGradNorm$/,
  )
  const files = await readdir(options.workDir)
  t.deepEqual(
    files.filter((name) => name.includes('safetensors') || name === 'latest'),
    [],
  )
})

test('--resume with nothing to resume is refused, and makes no folder', async (t) => {
  const options = optionsOf({ resume: true })
  await t.throwsAsync(train(options), {
    instanceOf: DataError,
    message: `${options.workDir}: --resume found no checkpoint in it; leave out --resume to start anew, or name a checkpoint`,
  })
  await t.throwsAsync(readdir(options.workDir), { code: 'ENOENT' })
})

test('a work dir that cannot be written is refused', async (t) => {
  const file = join(folder, 'a_file')
  await writeFile(file, '')
  const workDir = join(file, 'run')
  await t.throwsAsync(train(optionsOf({ workDir })), {
    instanceOf: DataError,
    message: `${workDir}: the work dir cannot be written (EEXIST); give another --work-dir, or change its permissions`,
  })
})

test('resuming with another seed, other data or other classes is refused', async (t) => {
  const options = optionsOf()
  const { checkpoint } = await train({ ...options, maxIters: 3 })
  const resume = true
  await t.throwsAsync(train({ ...options, resume, seed: 5 }), {
    instanceOf: ConfigError,
    message: `seed is 5, but ${checkpoint} was trained with 2; resume with that seed`,
  })
  await t.throwsAsync(train({ ...options, resume, loader: new TinyLoader(4) }), {
    instanceOf: ConfigError,
    message:
      `the training set gives 4 iterations an epoch, but ${checkpoint} was trained with 3; ` +
      'resume with the same data and batch size, or start anew from its weights with --load-from',
  })
  await t.throwsAsync(train({ ...options, resume, classes: ['thing'] }), { instanceOf: DataError })
})
