/**
 * An evaluation that is due and was not done is done on resume, of exactly the weights it is of.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import ava from 'ava'
import { train } from '../../training/loop.js'
import type { EvaluationPoint, TrainOptions } from '../../training/train_options.js'
import { TinyDetector } from './tiny_detector.js'
import { checkpointBytes, linesOf, optionsOf } from './tiny_run.js'

// One at a time: every run listens for the signals of this process.
const test = ava.serial

/** What evaluations saw: epoch, then weights. */
type Seen = number[][]

/** Two epochs with averages, evaluated after each; `onEvaluate` may interrupt. */
function evaluated(
  seen: Seen,
  onEvaluate: (at: EvaluationPoint) => void = () => {},
  overrides: Partial<TrainOptions> = {},
): TrainOptions {
  const options = optionsOf({ ema: { decay: 0.5 }, ...overrides })
  const evaluate = async (at: EvaluationPoint) => {
    onEvaluate(at)
    at.signal.throwIfAborted()
    seen.push([at.epoch, ...(options.model as TinyDetector).bias.data])
    return { bbox: { AP: at.epoch / 10 } }
  }
  return { ...options, hooks: { evaluate } }
}

const interruptAt = (epoch: number) => (at: EvaluationPoint) => {
  if (at.epoch === epoch) process.emit('SIGINT')
}

const evaluatedEpochs = async (workDir: string) =>
  (await linesOf(workDir, 'evaluations.jsonl')).map(({ epoch }) => epoch)

for (const epoch of [1, 2]) {
  test(`Ctrl-C during the evaluation of epoch ${epoch} leaves it due, and resuming does it`, async (t) => {
    const whole: Seen = []
    const expected = await train(evaluated(whole))
    const seen: Seen = []
    const options = evaluated(seen, interruptAt(epoch))
    const stopped = await train(options)
    t.like(stopped, {
      iteration: 3 * epoch,
      checkpoint: join(options.workDir, `epoch_${epoch}.safetensors`),
      reason: 'interrupted',
    })
    t.is(seen.length, epoch - 1)
    t.is((await evaluatedEpochs(options.workDir)).length, epoch - 1)

    const again = { ...evaluated(seen), workDir: options.workDir, resume: true }
    const result = await train(again)
    t.is(result.reason, 'finished')
    t.deepEqual(seen, whole)
    t.deepEqual(await evaluatedEpochs(options.workDir), [1, 2])
    t.deepEqual(
      await checkpointBytes(result.checkpoint),
      await checkpointBytes(expected.checkpoint),
    )

    await train({ ...again, model: new TinyDetector().initialize(5) })
    t.is(seen.length, 2, 'and once only')
  })
}

test('Ctrl-C just before an evaluation leaves it due, also the last one', async (t) => {
  const seen: Seen = []
  const options = evaluated(seen)
  const onLog = ({ iter }: { iter: number }) => void (iter === 6 && process.emit('SIGINT'))
  const stopped = await train({ ...options, hooks: { ...options.hooks, onLog } })
  t.is(stopped.reason, 'interrupted')
  t.deepEqual(stopped.ap?.bbox?.last, { epoch: 1, AP: 0.1 })
  const result = await train({ ...evaluated(seen), workDir: options.workDir, resume: true })
  t.is(result.reason, 'finished')
  t.deepEqual(
    seen.map(([epoch]) => epoch),
    [1, 2],
  )
})

test('an evaluation that does not look at the signal counts, and then the run ends', async (t) => {
  const options = optionsOf({
    hooks: {
      evaluate: async () => {
        process.emit('SIGINT')
        return { bbox: { AP: 0.5 } }
      },
    },
  })
  const { reason, iteration } = await train(options)
  t.deepEqual([reason, iteration], ['interrupted', 3])
  t.deepEqual(await evaluatedEpochs(options.workDir), [1])
})

test('a finished run whose last evaluation is missing does it on resume, and no more', async (t) => {
  const [whole, seen]: Seen[] = [[], []]
  const options = evaluated(whole)
  const { checkpoint } = await train(options)
  const before = await checkpointBytes(checkpoint)
  const path = join(options.workDir, 'evaluations.jsonl')
  const [first] = (await readFile(path, 'utf8')).split('\n')
  await writeFile(path, `${first}\n{"iter":6,"epo`) // a crash cut the second
  const result = await train({ ...evaluated(seen), workDir: options.workDir, resume: true })
  t.is(result.reason, 'finished')
  t.deepEqual(seen, whole.slice(1))
  t.deepEqual(await evaluatedEpochs(options.workDir), [1, 2])
  t.deepEqual(await checkpointBytes(checkpoint), before)
})

test('epochs that went by without evaluation are named, since their weights are gone', async (t) => {
  const seen: Seen = []
  const options = optionsOf({ ema: { decay: 0.5 }, schedule: { epochs: 4 } })
  await train({ ...options, maxIters: 10 })
  const { workDir } = options
  const progressStream = new PassThrough() as unknown as NodeJS.WriteStream
  const rest = evaluated(seen, undefined, { schedule: { epochs: 4 }, workDir, progressStream })
  await train({ ...rest, resume: true })
  const output = String((progressStream as unknown as PassThrough).read())
  t.regex(
    output,
    /^epochs 1, 2, 3 went by without evaluation; what checkpoints are left of them, the test command evaluates$/m,
  )
  t.deepEqual(
    seen.map(([epoch]) => epoch),
    [4],
  )
})

test('a run that goes on from a checkpoint of another work dir evaluates epochs of its own only', async (t) => {
  const seen: Seen = []
  const first = evaluated(seen)
  const { checkpoint } = await train({ ...first, maxIters: 3 })
  await train({ ...evaluated(seen), resume: checkpoint })
  t.deepEqual(
    seen.map(([epoch]) => epoch),
    [1, 2],
  )
})

test('what is said of evaluations: one that begins, its AP', async (t) => {
  const progressStream = new PassThrough() as unknown as NodeJS.WriteStream
  await train(evaluated([], undefined, { progressStream }))
  const output = String((progressStream as unknown as PassThrough).read())
  t.regex(output, /^evaluating epoch 1\nepoch 1: box AP 0\.100$/m)
  t.regex(output, /^iter 6\/6, epoch 2\/2, .*, box AP 0\.100, ETA /m)
})
