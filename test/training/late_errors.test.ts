/** What a run has done survives what ends it: data, engine, evaluations and disks that fail. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import ava, { type ExecutionContext } from 'ava'
import { DataError, TrainingError } from '../../errors.js'
import { train } from '../../training/loop.js'
import type { TrainOptions } from '../../training/train_options.js'
import { TinyDetector, TinyLoader, tinyBatch } from './tiny_detector.js'
import { checkpointBytes, linesOf, optionsOf, timelessLines } from './tiny_run.js'

// One at a time: every run listens for the signals of this process.
const test = ava.serial
const onLinux = process.platform === 'linux' ? test : test.skip

/** Batches of which one, counted from 0 over all epochs, is not to be had. */
class FailingLoader extends TinyLoader {
  constructor(
    private readonly failsAt: number,
    private readonly fail: () => never,
    iterationsPerEpoch = 3,
  ) {
    super(iterationsPerEpoch)
  }

  override async *batches(start: { epoch: number; iteration: number }) {
    let number = start.epoch * this.iterationsPerEpoch + start.iteration
    for await (const batch of super.batches(start)) {
      if (number++ === this.failsAt) this.fail()
      yield batch
    }
  }
}

const noImage = (): never => {
  throw new DataError('img/7.jpg', 'no such image', 'look for it')
}

const files = (workDir: string) => readdir(workDir)
const savedAs = (iteration: number, workDir: string, name: string) =>
  `What was done until iteration ${iteration} is saved as ${join(workDir, name)}; go on with --resume`

/** Resumes a run that failed, and holds it to one that did not. */
async function equalsWhole(
  t: ExecutionContext,
  failed: TrainOptions,
  whole: TrainOptions,
): Promise<void> {
  const expected = await train(whole)
  const model = new TinyDetector().initialize(99)
  const result = await train({ ...failed, model, resume: true })
  t.is(result.reason, 'finished')
  t.deepEqual(await checkpointBytes(result.checkpoint), await checkpointBytes(expected.checkpoint))
  t.deepEqual(await timelessLines(failed.workDir), await timelessLines(whole.workDir))
}

interface Variant {
  options: Partial<TrainOptions>
  /** Batches of an epoch. */
  batches: number
  /** The batch that fails, from 0. */
  failsAt: number
  /** Iterations done before. */
  iteration: number
}

const variants: Record<string, Variant> = {
  'one batch an update': {
    options: { ema: { decay: 0.9 } },
    batches: 3,
    failsAt: 4,
    iteration: 4,
  },
  'the second batch of an update': {
    options: {
      ema: { decay: 0.9 },
      optimizer: { type: 'AdamW', learningRate: 0.05, accumulate: 2 },
    },
    batches: 5,
    failsAt: 3,
    iteration: 1,
  },
}

for (const [name, { options: variant, batches, failsAt, iteration }] of Object.entries(variants)) {
  const whole = () => optionsOf({ ...variant, loader: new TinyLoader(batches) })

  test(`an image that disappears costs nothing that was done: ${name}`, async (t) => {
    const loader = new FailingLoader(failsAt, noImage, batches)
    const options = { ...whole(), loader }
    await t.throwsAsync(train(options), {
      instanceOf: DataError,
      message: `img/7.jpg: no such image; look for it. ${savedAs(iteration, options.workDir, `iter_${iteration}.safetensors`)}`,
    })
    t.false((await files(options.workDir)).some((file) => file.endsWith('.lock')))
    await equalsWhole(t, { ...options, loader: new TinyLoader(batches) }, whole())
  })

  test(`an error inside a step costs nothing that was done: ${name}`, async (t) => {
    class OddBatch extends TinyLoader {
      override async *batches(start: { epoch: number; iteration: number }) {
        let number = 0
        for await (const { tensors } of super.batches(start)) {
          const images = { dtype: 'uint8' as const, shape: [2, 4, 4, 2], data: new Uint8Array(64) }
          yield { tensors: number++ === failsAt ? { ...tensors, images } : tensors }
        }
      }
    }
    const options = { ...whole(), loader: new OddBatch(batches) }
    const error = await t.throwsAsync(train(options))
    const sentence = savedAs(iteration, options.workDir, `iter_${iteration}.safetensors`)
    t.true(error?.message.endsWith(`. ${sentence}`), error?.message)
    t.true((error?.message.length ?? 0) > sentence.length + 10, 'it says what failed')
    await equalsWhole(t, { ...options, loader: new TinyLoader(batches) }, whole())
  })
}

test('an error at the end of an epoch names the checkpoint that is there', async (t) => {
  const options = optionsOf({ loader: new FailingLoader(3, noImage) })
  await t.throwsAsync(train(options), {
    message: `img/7.jpg: no such image; look for it. ${savedAs(3, options.workDir, 'epoch_1.safetensors')}`,
  })
  t.false(existsSync(join(options.workDir, 'iter_3.safetensors')))
})

test('an error before the first update leaves nothing, and the same command can be tried again', async (t) => {
  const options = optionsOf({ loader: new FailingLoader(0, noImage) })
  await t.throwsAsync(train(options), {
    instanceOf: DataError,
    message: 'img/7.jpg: no such image; look for it',
  })
  t.deepEqual(await files(options.workDir), ['config.json', 'evaluations.jsonl', 'metrics.jsonl'])
  const result = await train({ ...options, loader: new TinyLoader(3) })
  t.is(result.reason, 'finished')
})

test('an error before the first update of a resumed run names its checkpoint, of another work dir none', async (t) => {
  const options = optionsOf()
  const { checkpoint } = await train({ ...options, maxIters: 2 })
  const loader = new FailingLoader(2, noImage)
  await t.throwsAsync(train({ ...options, loader, resume: true }), {
    message: `img/7.jpg: no such image; look for it. ${savedAs(2, options.workDir, 'iter_2.safetensors')}`,
  })
  await t.throwsAsync(train({ ...optionsOf({ loader }), resume: checkpoint }), {
    message: 'img/7.jpg: no such image; look for it',
  })
})

test('an evaluation that throws is done on resume, of the very weights it failed on', async (t) => {
  const seen: Record<string, number[][]> = { whole: [], failed: [] }
  const evaluating = (name: string, failsAt: number) => {
    const options = optionsOf({ ema: { decay: 0.5 } })
    const evaluate = async ({ epoch }: { epoch: number }) => {
      if (epoch === failsAt) throw new Error('no detections')
      seen[name].push([epoch, ...(options.model as TinyDetector).bias.data])
      return { bbox: { AP: epoch / 10 } }
    }
    return { ...options, hooks: { evaluate } }
  }
  await train(evaluating('whole', 0))
  for (const failsAt of [1, 2]) {
    seen.failed = []
    const failing = evaluating('failed', failsAt)
    await t.throwsAsync(train(failing), {
      message: `no detections. ${savedAs(3 * failsAt, failing.workDir, `epoch_${failsAt}.safetensors`)}`,
    })
    const { workDir } = failing
    const result = await train({ ...evaluating('failed', 0), workDir, resume: true })
    t.is(result.reason, 'finished')
    t.deepEqual(result.ap, {
      bbox: { last: { epoch: 2, AP: 0.2 }, best: { epoch: 2, AP: 0.2 } },
    })
    t.deepEqual(seen.failed, seen.whole)
    const lines = await linesOf(workDir, 'evaluations.jsonl')
    t.deepEqual(
      lines.map(({ iter }) => iter),
      [3, 6],
    )
  }
})

test('a hook that throws is an error like others', async (t) => {
  const onLog = ({ iter }: { iter: number }) => {
    if (iter === 2) throw new Error('the dashboard is down')
  }
  const options = optionsOf({ hooks: { onLog } })
  await t.throwsAsync(train(options), {
    message: `the dashboard is down. ${savedAs(2, options.workDir, 'iter_2.safetensors')}`,
  })
  await equalsWhole(t, { ...options, hooks: {} }, optionsOf())
})

/** Puts a full disk in the place of a file. */
const fillDisk = async (path: string) => {
  await rm(path, { force: true })
  await symlink('/dev/full', path)
}

/** A loader that calls back before it gives a batch, counted from 0. */
class WatchedLoader extends TinyLoader {
  constructor(private readonly onBatch: (number: number) => Promise<void>) {
    super(3)
  }

  override async *batches(start: { epoch: number; iteration: number }) {
    let number = start.epoch * 3 + start.iteration
    for await (const batch of super.batches(start)) {
      await this.onBatch(number++)
      yield batch
    }
  }
}

for (const interval of [1, 2]) {
  onLinux(`a disk too full for a line every ${interval} costs not even that line`, async (t) => {
    const variant = { logging: { interval } }
    const options = optionsOf(variant)
    const metrics = join(options.workDir, 'metrics.jsonl')
    const kept = join(options.workDir, 'kept.jsonl')
    const loader = new WatchedLoader(async (number) => {
      if (number !== 3) return
      await rename(metrics, kept)
      await fillDisk(metrics)
    })
    await t.throwsAsync(train({ ...options, loader }), {
      instanceOf: TrainingError,
      message:
        `train: ${metrics} could not be written (ENOSPC); make room in the work dir and go on with --resume, from the checkpoint before. ` +
        savedAs(4, options.workDir, 'iter_4.safetensors'),
    })
    await rename(kept, metrics) // there is room again
    await equalsWhole(t, options, optionsOf(variant))
  })
}

onLinux('where saving fails as well both errors are reported, the first one first', async (t) => {
  const options = optionsOf({ checkpoint: { interval: 5 } })
  const state = join(options.workDir, 'iter_2.train_state.safetensors')
  const loader = new WatchedLoader(async (number) => {
    if (number !== 2) return
    await fillDisk(`${state}.tmp`)
    noImage()
  })
  await t.throwsAsync(train({ ...options, loader }), {
    instanceOf: DataError,
    message:
      'img/7.jpg: no such image; look for it. What was done since could not be saved: ' +
      `train: ${state} could not be written (ENOSPC); make room in the work dir and go on with --resume, from the checkpoint before`,
  })
  t.deepEqual(
    (await files(options.workDir)).filter((file) => /safetensors|latest|lock/.test(file)),
    [],
  )
})

test('a checkpoint that cannot be written is tried once, and reported once', async (t) => {
  const options = optionsOf()
  const state = join(options.workDir, 'epoch_1.train_state.safetensors')
  const loader = new WatchedLoader(async (number) => {
    if (number === 2) await mkdir(join(state, 'in the way'), { recursive: true })
  })
  const error = await t.throwsAsync(train({ ...options, loader }), { instanceOf: TrainingError })
  t.regex(
    error?.message ?? '',
    /^train: \S+epoch_1\.train_state\.safetensors could not be written \(\w+\); make room in the work dir and go on with --resume, from the checkpoint before$/,
  )
})

test('a loss that is not finite saves nothing, and leaves the last checkpoint as it is', async (t) => {
  const options = optionsOf({ loader: new TinyLoader(3, { poisoned: [4] }) })
  const error = await t.throwsAsync(train(options), { instanceOf: TrainingError })
  t.regex(
    error?.message ?? '',
    /^train: at iteration 5 .*; the last checkpoint is epoch_1\.safetensors; lower /,
  )
  t.deepEqual(
    (await files(options.workDir)).filter((file) => /safetensors$/.test(file)),
    ['epoch_1.safetensors', 'epoch_1.train_state.safetensors'],
  )
})

test('an error while the loader is put away does not hide the one before', async (t) => {
  class Sticky extends TinyLoader {
    override batches() {
      const never = (): never => {
        throw new Error('the worker does not answer')
      }
      const batches = {
        next: async () =>
          this.given++ < 1 ? { done: false, value: { tensors: tinyBatch(0) } } : noImage(),
        return: never,
        throw: never,
        [Symbol.asyncIterator]: () => batches,
        [Symbol.asyncDispose]: never,
      }
      return batches as never
    }
    private given = 0
  }
  const options = optionsOf({ loader: new Sticky(3) })
  await t.throwsAsync(train(options), {
    instanceOf: DataError,
    message:
      `img/7.jpg: no such image; look for it. ${savedAs(1, options.workDir, 'iter_1.safetensors')}. ` +
      'Then: the worker does not answer',
  })
  t.false((await files(options.workDir)).some((file) => file.endsWith('.lock')))
})
