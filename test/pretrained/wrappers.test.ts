import { join } from 'node:path'
import test from 'ava'
import { VanillaNet } from '../../backbones/index.js'
import { floats } from '../../host_tensor.js'
import { Module } from '../../nn/index.js'
import { reportLines } from '../../pretrained/describe_report.js'
import { loadPretrained, matchSource } from '../../pretrained/load_pretrained.js'
import { readPretrained } from '../../pretrained/read_pretrained.js'
import { wrapperPrefixes } from '../../pretrained/wrappers.js'
import { writeSafetensors } from '../../weights/safetensors.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { pthFixture } from './pth_fixture.js'

class Wrapper extends Module {
  readonly backbone = new VanillaNet({ dims: [4, 8, 8], strides: [2, 2], actNum: 1 })

  forward() {
    throw new Error('not computed here')
  }
}

/** A file with the weights of `model`, each under the name that `rename` gives it. */
function fileOf(model: Module, rename: (name: string) => string) {
  const named = model
    .namedParameters()
    .map(([name, { data, shape }]) => [rename(name), floats(data, shape)] as const)
  return Object.fromEntries(named)
}

const PREFIXES = [
  'module.',
  'model.',
  '_orig_mod.',
  'module._orig_mod.',
  'model._orig_mod.module.',
  '_forward_module.model.',
  'ema_model.module.',
  'net.',
]

for (const prefix of PREFIXES) {
  test(`weights under ${prefix}* are loaded, and the prefix is reported`, async (t) => {
    const [model, again] = [new Wrapper().initialize(1), new Wrapper().initialize(2)]
    const path = join(await temporaryFolder(t), 'wrapped.safetensors')
    await writeSafetensors(
      path,
      fileOf(model, (name) => prefix + name),
    )
    const report = await loadPretrained(again, path)
    t.deepEqual(again.stateDict(), model.stateDict())
    t.true(reportLines(report).includes(`  prefix cut off the names: ${prefix}`))
  })
}

test('wrappers of a part inside names are cut out, and what lies outside the prefix is listed', async (t) => {
  const [model, again] = [new Wrapper().initialize(1), new Wrapper().initialize(2)]
  const path = join(await temporaryFolder(t), 'wrapped.safetensors')
  const rename = (name: string) => `model.${name.replace(/^backbone/, 'backbone._orig_mod')}`
  const weights = fileOf(model, rename)
  await writeSafetensors(path, { ...weights, 'criterion.weight': floats([1], [1]) })
  const report = await loadPretrained(again, path)
  t.deepEqual(again.stateDict(), model.stateDict())
  t.deepEqual(report.unexpected, [
    { name: 'criterion.weight', because: 'it is outside model.*, which holds the weights' },
  ])
})

test('of two copies the running averages are taken, or the weights as trained where they are asked for', async (t) => {
  const [trained, averages] = [new Wrapper().initialize(1), new Wrapper().initialize(2)]
  const path = join(await temporaryFolder(t), 'both.safetensors')
  await writeSafetensors(path, {
    ...fileOf(trained, (name) => `model.${name}`),
    ...fileOf(averages, (name) => `model_ema.module.${name}`),
  })
  const [byDefault, asTrained] = [new Wrapper(), new Wrapper()]
  await loadPretrained(byDefault, path)
  await loadPretrained(asTrained, path, { weights: 'model' })
  t.deepEqual(byDefault.stateDict(), averages.stateDict())
  t.deepEqual(asTrained.stateDict(), trained.stateDict())
})

test('a name of the model that is also one of a wrapper is kept', async (t) => {
  class Named extends Module {
    readonly model = new Wrapper()

    forward() {
      throw new Error('not computed here')
    }
  }
  const [model, again] = [new Named().initialize(1), new Named().initialize(2)]
  const path = join(await temporaryFolder(t), 'named.safetensors')
  await writeSafetensors(
    path,
    fileOf(model, (name) => name),
  )
  t.is((await loadPretrained(again, path)).prefix, undefined)
  t.deepEqual(again.stateDict(), model.stateDict())
})

test("without a model a prefix is cut off where the names behind it are a known source's", async (t) => {
  const path = join(await temporaryFolder(t), 'wrapped.safetensors')
  await writeSafetensors(
    path,
    fileOf(new Wrapper(), (name) => `model.${name}`),
  )
  const { report } = matchSource(await readPretrained(path))
  t.deepEqual([report.prefix, report.source], ['model.', 'VanillaNet, its official repository'])
  t.true(report.loaded.some(({ name }) => name === 'backbone.stem1.0.weight'))
  const unknown = matchSource(await readPretrained(pthFixture('lightning')))
  t.is(unknown.report.prefix, undefined)
})

test('prefixes are those of whole names, from none to all that wrappers gave', (t) => {
  const names = ['model.module.conv1.weight', 'model.fc.bias', 'module', 'ema.decay']
  t.deepEqual(wrapperPrefixes(names), ['', 'ema.', 'model.', 'model.module.'])
})
