import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import test from 'ava'
import { trainConfig } from '../../experiments/train_config.js'
import { readPretrained } from '../../pretrained/read_pretrained.js'
import { readSafetensors } from '../../weights/safetensors.js'
import { pthFixture } from '../pretrained/pth_fixture.js'
import { tinyExperiment } from './tiny_experiment.js'

const progressStream = new Writable({ write: (_, __, done) => done() }) as NodeJS.WriteStream
const official = pthFixture('official_vanillanet')

test('training starts from the backbone of an official .pth file, and says why the rest starts anew', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const workDir = join(folder, 'run')
  const lines: string[] = []
  // No step of any size, so that the saved weights are those that were loaded.
  const still = { ...config, optimizer: { type: 'SGD' as const, learningRate: 1e-30, momentum: 0 } }
  const { checkpoint } = await trainConfig(still, {
    workDir,
    progressStream,
    loadFrom: official,
    maxIters: 1,
    say: (line) => lines.push(line),
  })
  t.regex(lines[1], /official_vanillanet\.pth: 51 of \d+ tensors loaded, the others start anew$/)
  t.is(lines[2], '  from: model_ema, VanillaNet, its official repository')
  t.true(lines.some((line) => line.includes('the file holds a backbone alone')))
  const { tensors } = await readSafetensors(checkpoint)
  const file = await readPretrained(official)
  const name = 'stages.1.conv2.0.weight'
  t.deepEqual(tensors[`backbone.${name}`].data, (await file.tensors[name].read()).data)
})

test('weights of another network are refused before anything is written', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const workDir = join(folder, 'run')
  const loadFrom = pthFixture('views')
  const error = await t.throwsAsync(trainConfig(config, { workDir, progressStream, loadFrom }))
  t.is(error?.name, 'DataError')
  t.regex(error?.message ?? '', /0 of \d+ tensors match; 51 missing without a reason/)
  t.false(existsSync(workDir))
})
