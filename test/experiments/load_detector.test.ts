import { join } from 'node:path'
import test from 'ava'
import { resolveConfig } from '../../experiments/load.js'
import { loadSplit } from '../../experiments/load_data.js'
import { loadDetector, mergeDetector } from '../../experiments/load_detector.js'
import { evalOptions } from '../../experiments/train_config.js'
import { detectAll } from '../../training/evaluate.js'
import { saveModel } from '../../training/save_model.js'
import { tinyExperiment } from './tiny_experiment.js'

const metadata = {
  iteration: 1,
  iterationsPerEpoch: 1,
  seed: 0,
  classes: ['circle', 'square', 'triangle'],
  lambda: 1,
  config: {},
}

test('random weights have BatchNorm statistics that matter, the same each time', async (t) => {
  const { config } = await tinyExperiment(t)
  const { detector, form } = await loadDetector(config, 'random')
  t.is(form, 'train')
  const variance = detector.stateDict()['backbone.stem1.1.running_var']
  t.true(variance.every((value) => value > 0 && value !== 1))
  const again = await loadDetector(config, 'random')
  t.deepEqual(again.detector.stateDict(), detector.stateDict())
})

test('merged weights are known by their names, and detect the same', async (t) => {
  const { folder, config: cautious } = await tinyExperiment(t)
  const config = resolveConfig(cautious, ['model.head.test.scoreThr=0.001'])
  const trained = await loadDetector(config, 'random')
  const merged = await loadDetector(config, 'random')
  t.true((await mergeDetector(merged)).worst < 1e-5)
  const path = join(folder, 'deploy', 'weights.safetensors')
  await saveModel(path, merged.detector, metadata)

  const loaded = await loadDetector(config, path)
  t.is(loaded.form, 'deploy')
  t.deepEqual(loaded.metadata, metadata)
  const { data, dataset } = await loadSplit(config, 'val', loaded.metadata?.classes)
  const compute = { engine: 'tfjs' as const }
  const options = { ...evalOptions(data, dataset), compute }
  const [before, after] = [
    (await detectAll(trained.detector, options)).bbox,
    (await detectAll(loaded.detector, options)).bbox,
  ]
  t.true(before.length > 100)
  t.is(after.length, before.length)
  for (const [i, { score, bbox }] of before.entries()) {
    t.true(Math.abs(after[i].score - score) < 1e-4)
    for (const [side, value] of bbox.entries()) {
      t.true(Math.abs(after[i].bbox[side] - value) < 1e-2)
    }
  }
})

test('weights of deep training stay in training form where either form would do, and are not merged', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const { detector } = await loadDetector(config, 'random')
  const path = join(folder, 'half_way.safetensors')
  await saveModel(path, detector, { ...metadata, lambda: 0.5 })
  t.is((await loadDetector(config, path, { preferDeploy: true })).form, 'train')
  await t.throwsAsync(loadDetector(config, path, { form: 'deploy' }), {
    message:
      'lambda is 0.5, and paired convolutions merge at 1 only; train on until the deep-training schedule has ended',
  })
})

test('a form is merged into, and never back', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const { detector, form } = await loadDetector(config, 'random', { form: 'deploy' })
  t.is(form, 'deploy')
  t.is((await loadDetector(config, 'random', { preferDeploy: true })).form, 'deploy')

  const path = join(folder, 'deploy.safetensors')
  await saveModel(path, detector, undefined)
  const loaded = await loadDetector(config, path, { form: 'deploy' })
  await t.throwsAsync(mergeDetector(loaded), {
    message: 'model.backbone is in deploy form already; give the checkpoint of the training form',
  })
  await t.throwsAsync(loadDetector(config, path, { form: 'train' }), {
    message: `--form is train, but ${path} holds the deploy form; leave it out, or give the checkpoint it was merged from`,
  })
})

test('weights that stopped inside deep training are not merged', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const { detector } = await loadDetector(config, 'random')
  const path = join(folder, 'early.safetensors')
  await saveModel(path, detector, { ...metadata, lambda: 0.5 })
  await t.throwsAsync(loadDetector(config, path, { form: 'deploy' }), {
    name: 'ConfigError',
    message:
      'lambda is 0.5, and paired convolutions merge at 1 only; train on until the deep-training schedule has ended',
  })
})

test('a checkpoint of another architecture is refused with what matched and what did not', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const path = join(folder, 'weights.safetensors')
  const { detector } = await loadDetector(config, 'random')
  await saveModel(path, detector, undefined)
  const other = resolveConfig(config, ['model.backbone.dims=[4,8,16]'])
  await t.throwsAsync(loadDetector(other, path), {
    name: 'DataError',
    message:
      /weights\.safetensors: the weights are not of this model: \d+ of \d+ tensors match; \d+ of another shape \(backbone\.stages\.1\.conv2\.0\.weight is \[8, 8, 1, 1\], not \[16, 8, 1, 1\]/,
  })
})

test('annotations without a class of the checkpoint are refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const { annFile } = config.data.val
  await t.throwsAsync(loadSplit(config, 'val', ['circle', 'square', 'zebra']), {
    name: 'DataError',
    message: `${annFile}: has no category 'zebra', a class of the model (it has 'circle', 'square', 'triangle'); use annotations with the categories that the model was trained on`,
  })
})

test('weights that cannot be saved leave nothing behind', async (t) => {
  const { config } = await tinyExperiment(t)
  const { detector } = await loadDetector(config, 'random')
  const path = join(config.data.val.annFile, 'weights.safetensors')
  await t.throwsAsync(saveModel(path, detector, undefined), {
    name: 'DataError',
    message: /weights\.safetensors: cannot be written \(E\w+\); give another path/,
  })
})
