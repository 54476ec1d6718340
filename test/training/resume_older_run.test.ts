import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { train } from '../../training/loop.js'
import { METADATA_KEY } from '../../weights/checkpoint_metadata.js'
import { readSafetensors, writeSafetensors } from '../../weights/safetensors.js'
import { TinyDetector } from './tiny_detector.js'
import { optionsOf } from './tiny_run.js'

const DRAWN_ANEW =
  'the checkpoint was saved by a version with another random generator: weights, moments and position go on, ' +
  'but image order, augmentation and noise are drawn anew from here\n'

/** Takes out what versions before the present generator did not write. */
async function makeOlder(checkpoint: string): Promise<void> {
  for (const path of [
    checkpoint,
    checkpoint.replace(/\.safetensors$/, '.train_state.safetensors'),
  ]) {
    const { tensors, metadata } = await readSafetensors(path)
    const { randomVersion, ...rest } = JSON.parse(metadata[METADATA_KEY])
    await writeSafetensors(path, tensors, { ...metadata, [METADATA_KEY]: JSON.stringify(rest) })
  }
}

async function resume(isOlder: boolean) {
  const options = optionsOf()
  const { checkpoint } = await train({ ...options, maxIters: 3 })
  if (isOlder) await makeOlder(checkpoint)
  const stream = new PassThrough()
  const progressStream = stream as unknown as NodeJS.WriteStream
  const model = new TinyDetector().initialize(9)
  const { iteration } = await train({ ...options, model, resume: true, progressStream })
  stream.end()
  return { iteration, log: await text(stream) }
}

test('a checkpoint of another random generator is resumed, and the log says what differs', async (t) => {
  const { iteration, log } = await resume(true)
  t.is(iteration, 6)
  t.true(log.includes(DRAWN_ANEW), log)
})

test('a checkpoint of the same random generator is resumed without a word on it', async (t) => {
  const { iteration, log } = await resume(false)
  t.is(iteration, 6)
  t.false(log.includes('random'), log)
})
