import { join } from 'node:path'
import test from 'ava'
import { VanillaNet } from '../../backbones/index.js'
import { DataError } from '../../errors.js'
import { loadPretrained } from '../../pretrained/load_pretrained.js'
import { readPretrained } from '../../pretrained/read_pretrained.js'
import { saveModel } from '../../weights/save_model.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { pthFixture } from './pth_fixture.js'

const options = { dims: [4, 8, 8], strides: [2, 2], actNum: 1 }
const official = pthFixture('official_vanillanet')
const deploy = pthFixture('official_vanillanet_deploy')

test('an official checkpoint loads whole into a classifier, counters aside', async (t) => {
  const model = new VanillaNet({ ...options, numClasses: 5 })
  const report = await loadPretrained(model, official)
  t.is(report.key, 'model_ema')
  t.is(report.source, 'VanillaNet, its official repository')
  t.is(report.loaded.length, model.namedParameters().length)
  t.deepEqual(report.missing, [])
  const reasons = new Set(report.unexpected.map(({ because }) => because))
  t.deepEqual([...reasons], ['a counter of BatchNorm, which nothing uses'])
})

test('model_ema is loaded by default, and model where it is named', async (t) => {
  const [averages, trained] = [new VanillaNet(options), new VanillaNet(options)]
  await loadPretrained(averages, official)
  await loadPretrained(trained, official, { key: 'model' })
  const name = 'stages.1.conv2.0.bias'
  const { tensors } = await readPretrained(official)
  t.deepEqual(averages.stateDict()[name], (await tensors[name].read()).data as Float32Array)
  for (const [i, value] of averages.stateDict()[name].entries()) {
    t.true(Math.abs(trained.stateDict()[name][i] - value - 1) < 1e-6)
  }
})

test('the merged export loads into the deploy form, and its classifier is explained', async (t) => {
  const model = new VanillaNet({ ...options, form: 'deploy' })
  const report = await loadPretrained(model, deploy)
  t.is(report.key, 'model')
  t.is(report.loaded.length, model.namedParameters().length)
  t.deepEqual(
    report.unexpected.map(({ name, because }) => [name, because]),
    [
      ['cls.2.weight', "the classifier's, which the model does not have"],
      ['cls.2.bias', "the classifier's, which the model does not have"],
    ],
  )
})

test('the other form is refused, with the way out', async (t) => {
  await t.throwsAsync(loadPretrained(new VanillaNet(options), deploy), {
    instanceOf: DataError,
    message: `${deploy}: it holds the deploy form, which cannot be trained; give the weights it was merged from`,
  })
  await t.throwsAsync(loadPretrained(new VanillaNet({ ...options, form: 'deploy' }), official), {
    message: `${official}: it holds the training form; merge it with the command reparameterize`,
  })
})

test('nothing is loaded where a miss is not explained', async (t) => {
  const model = new VanillaNet({ ...options, actNum: 2 }).initialize(7)
  const before = model.stateDict()['stem1.0.weight'].slice()
  await t.throwsAsync(loadPretrained(model, official), { instanceOf: DataError })
  t.deepEqual(model.stateDict()['stem1.0.weight'], before)
})

test('our own files load by the same way', async (t) => {
  const model = new VanillaNet(options).initialize(3)
  const path = join(await temporaryFolder(t), 'own.safetensors')
  await saveModel(path, model, undefined)
  const again = new VanillaNet(options)
  const { loaded, missing } = await loadPretrained(again, path)
  t.deepEqual([loaded.length, missing.length], [model.namedParameters().length, 0])
  t.deepEqual(again.stateDict(), model.stateDict())
})
