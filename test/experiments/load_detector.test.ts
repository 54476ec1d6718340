import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import test from 'ava'
import { detectAll } from '../../evaluation/evaluate.js'
import { evalOptions } from '../../experiments/detection_task.js'
import { resolveConfig } from '../../experiments/load.js'
import { loadSplit } from '../../experiments/load_data.js'
import { loadDetector, mergeDetector } from '../../experiments/load_detector.js'
import { trainConfig } from '../../experiments/train_config.js'
import { floats } from '../../host_tensor.js'
import { readPretrained } from '../../pretrained/read_pretrained.js'
import { buildDetector } from '../../registry.js'
import { writeSafetensors } from '../../weights/index.js'
import { loadWeights, trainStatePath } from '../../weights/load_weights.js'
import { saveModel } from '../../weights/save_model.js'
import { pthFixture } from '../pretrained/pth_fixture.js'
import { tinyExperiment } from './tiny_experiment.js'

const progressStream = new Writable({ write: (_, __, done) => done() }) as NodeJS.WriteStream
const official = pthFixture('official_vanillanet')

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
  const { data, dataset } = await loadSplit(config, 'val', { classes: loaded.metadata?.classes })
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
      /weights\.safetensors: its weights \(.*\) are not of this model: \d+ of \d+ tensors match; \d+ of another shape without a reason \(backbone\.stages\.1\.conv2\.0\.weight is \[8, 8, 1, 1\], not \[16, 8, 1, 1\]/,
  })
})

test('annotations without a class of the checkpoint are refused', async (t) => {
  const { config } = await tinyExperiment(t)
  const { annFile } = config.data.val
  await t.throwsAsync(loadSplit(config, 'val', { classes: ['circle', 'square', 'zebra'] }), {
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

test("a classifier's official file is whole for the backbone, in either form, and refused for the model", async (t) => {
  const { config } = await tinyExperiment(t)
  const lines: string[] = []
  const say = (line: string) => lines.push(line)
  const loaded = await loadDetector(config, official, { part: 'backbone', say })
  t.is(loaded.form, 'train')
  t.true(loaded.isBackboneAlone)
  const { tensors } = await readPretrained(official)
  const name = 'stages.1.conv2.0.weight'
  t.deepEqual(
    loaded.detector.stateDict()[`backbone.${name}`],
    (await tensors[name].read()).data as Float32Array,
  )
  t.regex(lines[0], /official_vanillanet\.pth: 51 of \d+ tensors loaded, the others are not used$/)
  t.true(lines.some((line) => line.includes('not of the backbone, which is all that is asked for')))

  const deploy = pthFixture('official_vanillanet_deploy')
  t.is((await loadDetector(config, deploy, { part: 'backbone' })).form, 'deploy')
  await t.throwsAsync(loadDetector(config, official), {
    name: 'DataError',
    message: `${official}: it holds a backbone alone, so that the rest of the detector would be random; train the detector from it with train --load-from, or export it with export_onnx --part backbone`,
  })
})

test('a work dir and its latest file stand for the newest checkpoint, which keeps its metadata', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const workDir = join(folder, 'run')
  const { checkpoint } = await trainConfig(config, { workDir, progressStream, maxIters: 1 })
  const expected = await loadDetector(config, checkpoint)
  const lines: string[] = []
  for (const given of [workDir, join(workDir, 'latest')]) {
    const loaded = await loadDetector(config, given, { say: (line) => lines.push(line) })
    t.deepEqual(loaded.detector.stateDict(), expected.detector.stateDict())
    t.is(loaded.metadata?.iteration, 1)
    t.deepEqual(loaded.metadata?.classes, ['circle', 'square', 'triangle'])
  }
  t.deepEqual(lines, [], 'nothing to tell of a whole checkpoint of ours')
  await t.throwsAsync(loadDetector(config, checkpoint, { weights: 'ema' }), {
    message: `${checkpoint}: it holds no running averages; leave out --weights ema`,
  })
})

test('averages are those beside a checkpoint of ours, or those in a file from elsewhere', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const ema = { ...config, ema: { decay: 0.5 } }
  const workDir = join(folder, 'run')
  const { checkpoint } = await trainConfig(ema, { workDir, progressStream, maxIters: 2 })
  const averages = buildDetector(config.model)
  await loadWeights(averages, checkpoint, { weights: 'ema' })
  const loaded = await loadDetector(ema, checkpoint, { weights: 'ema' })
  t.deepEqual(loaded.detector.stateDict(), averages.stateDict())
  t.notDeepEqual((await loadDetector(ema, checkpoint)).detector.stateDict(), averages.stateDict())

  await rm(trainStatePath(checkpoint))
  await t.throwsAsync(loadDetector(ema, checkpoint, { weights: 'ema' }), {
    message: `${checkpoint}: it holds no running averages; leave out --weights ema`,
  })
  const name = 'stages.1.conv2.0.bias'
  const [byDefault, trained] = await Promise.all([
    loadDetector(config, official, { part: 'backbone' }),
    loadDetector(config, official, { part: 'backbone', weights: 'model' }),
  ])
  const [first, second] = [byDefault, trained].map(({ detector }) => {
    return detector.stateDict()[`backbone.${name}`][0]
  })
  t.true(Math.abs(second - first - 1) < 1e-6, 'model is model_ema plus 1 in this file')
})

test('weights of another number of classes, and without a part of the model, are refused', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const path = join(folder, 'weights.safetensors')
  const { detector } = await loadDetector(config, 'random')
  await saveModel(path, detector, metadata)
  await t.throwsAsync(loadDetector(resolveConfig(config, ['model.numClasses=2']), path), {
    message: `${path}: it was trained for another number of classes (bbox_head.retina_cls.weight is [27, 8, 3, 3], not [18, 8, 3, 3]); set model.numClasses to 3, or train from it with train --load-from`,
  })
  const backbone = join(folder, 'backbone.safetensors')
  await saveModel(backbone, detector, metadata, { backboneAlone: true })
  const alone = await loadDetector(config, backbone, { allowBackbone: true })
  t.true(alone.isBackboneAlone)
  await t.throwsAsync(loadDetector(config, backbone), { message: /holds a backbone alone/ })
})

test('names of wrappers are cut off, and the classes of mmdetection are kept', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const { detector } = await loadDetector(config, 'random')
  const path = join(folder, 'wrapped.safetensors')
  const named = detector
    .namedParameters()
    .map(([name, { data, shape }]) => [`model.module.${name}`, floats(data, shape)] as const)
  await writeSafetensors(path, Object.fromEntries(named))
  const lines: string[] = []
  const loaded = await loadDetector(config, path, { say: (line) => lines.push(line) })
  t.deepEqual(loaded.detector.stateDict(), detector.stateDict())
  t.true(lines.includes('  prefix cut off the names: model.module.'))
})

test('a folder that is no work dir, and a work dir without its checkpoint, are refused', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  await t.throwsAsync(loadDetector(config, folder), {
    name: 'DataError',
    message: `${folder}: is a folder without the file 'latest', which names the newest checkpoint of a work dir; give a weights file`,
  })
  await writeFile(join(folder, 'epoch_3.safetensors'), '')
  await t.throwsAsync(loadDetector(config, folder), {
    message: /; name one of its checkpoints \(epoch_3\.safetensors\)$/,
  })
  await writeFile(join(folder, 'latest'), 'epoch_4.safetensors\n')
  await t.throwsAsync(loadDetector(config, folder), {
    message: `${folder}: names epoch_4.safetensors as the newest checkpoint, which is not there; name another checkpoint`,
  })
})

test("a backbone's own actNum is taken where it is asked for alone, and named where it is not", async (t) => {
  const { config } = await tinyExperiment(t)
  const other = resolveConfig(config, ['model.backbone.actNum=2'])
  const lines: string[] = []
  const say = (line: string) => lines.push(line)
  const { detector } = await loadDetector(other, official, { part: 'backbone', say })
  t.deepEqual(detector.stateDict()['backbone.stem2.2.weight'].length, 4 * 3 * 3)
  t.is(lines[0], `${official}: its kernels are those of model.backbone.actNum=1, which is taken`)
  await t.throwsAsync(loadDetector(other, official, { allowBackbone: true }), {
    message: /: its kernels are those of model\.backbone\.actNum=1$/,
  })
})
