import { join } from 'node:path'
import test from 'ava'
import { loadDetector, loadModel } from '../../experiments/load_detector.js'
import { startFrom } from '../../experiments/start_from.js'
import { buildDetector, buildTrainable, type Config } from '../../registry.js'
import { saveModel } from '../../weights/save_model.js'
import { tinyClassification } from './tiny_classification.js'
import { tinyExperiment } from './tiny_experiment.js'
import { tinyMaskExperiment } from './tiny_mask_experiment.js'

const CLASSES = ['circle', 'square', 'triangle']
const OTHERS = ['circle', 'plate', 'star']

/** Weights for `classes`, and a detector with other initial ones. */
async function saved(folder: string, config: Config, classes: string[] | undefined) {
  const path = join(folder, 'weights.safetensors')
  const { detector } = await loadDetector(config, 'random')
  await saveModel(path, detector, classes && { classes })
  return { path, from: detector.stateDict(), model: buildDetector(config.model).initialize(5) }
}

for (const [kind, experiment, layers] of [
  ['RetinaNet', tinyExperiment, ['bbox_head.retina_cls']],
  [
    'Mask R-CNN',
    tinyMaskExperiment,
    ['roi_head.bbox_head.fc_cls', 'roi_head.bbox_head.fc_reg', 'roi_head.mask_head.conv_logits'],
  ],
] as const) {
  test(`the class layers of a ${kind} start anew from classes of other names, and nothing else`, async (t) => {
    const { folder, config } = await experiment(t)
    const { path, from, model } = await saved(folder, config, OTHERS)
    const before = model.stateDict()
    const lines = await startFrom(model, path, { classes: CLASSES, seed: 0 })
    const after = model.stateDict()
    const anew = layers.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`])
    for (const [name, values] of Object.entries(after)) {
      t.deepEqual(values, anew.includes(name) ? before[name] : from[name], name)
    }
    const line = lines.find((line) => line.includes('of other classes'))
    t.regex(
      line ?? '',
      new RegExp(
        `^  of other classes ${anew.length} \\(.*\\): it is trained for classes of other names, so the layer starts anew$`,
      ),
    )
  })
}

test('the same classes load whole, and without names they are taken to be the same', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  for (const classes of [CLASSES, undefined]) {
    const { path, from, model } = await saved(folder, config, classes)
    const lines = await startFrom(model, path, { classes: CLASSES, seed: 0 })
    t.deepEqual(model.stateDict(), from)
    const isReported = lines.some((line) => line.includes('does not name its classes'))
    t.is(isReported, classes === undefined)
  }
})

test('the same classes in another order are refused, with what differs', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const { path, model } = await saved(folder, config, ['square', 'circle', 'triangle'])
  await t.throwsAsync(startFrom(model, path, { classes: CLASSES, seed: 0 }), {
    name: 'DataError',
    message: `${path}: its class 0 is 'square', and that of the data 'circle'; list the categories of the annotations in its order`,
  })
})

test('random gives the weights that it gives everywhere', async (t) => {
  const { config } = await tinyExperiment(t)
  const { detector } = await loadDetector(config, 'random')
  const model = buildDetector(config.model).initialize(0)
  t.is((await startFrom(model, 'random', { classes: CLASSES, seed: 0 })).length, 1)
  t.deepEqual(model.stateDict(), detector.stateDict())
})

/** A classifier with the backbone of the tiny detector, for the same classes. */
const CLASSIFIER: Config['model'] = {
  type: 'Classifier',
  numClasses: 3,
  backbone: { type: 'VanillaNet', dims: [4, 8, 8], strides: [2, 2], actNum: 1 },
}

test('a detector starts from the backbone of a classifier, whatever the order of its classes', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const path = join(folder, 'classifier.safetensors')
  const { model: classifier } = await loadModel({ model: CLASSIFIER }, 'random')
  await saveModel(path, classifier, { classes: ['square', 'circle', 'triangle'] })
  const model = buildDetector(config.model).initialize(5)
  const before = model.stateDict()
  const lines = await startFrom(model, path, { classes: CLASSES, seed: 0 })
  const from = classifier.stateDict()
  let loaded = 0
  for (const [name, values] of Object.entries(model.stateDict())) {
    const [, ofBackbone] = /^backbone\.(.*)$/.exec(name) ?? []
    t.deepEqual(values, ofBackbone === undefined ? before[name] : from[ofBackbone], name)
    if (ofBackbone !== undefined) loaded++
  }
  t.is(lines[0], `${path}: ${loaded} of ${loaded + 16} tensors loaded, the others start anew`)
  t.deepEqual(lines.slice(2), [
    '  missing 16 (neck.lateral_convs.0.conv.weight, neck.lateral_convs.0.conv.bias, neck.lateral_convs.1.conv.weight, ...): the file holds a backbone alone, so the rest of the detector starts anew',
    "  unexpected 8 (cls1.2.weight, cls1.2.bias, cls1.3.weight, ...): the classifier's, which the model does not have",
  ])
})

test('a classifier starts from the backbone of a detector', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const { path, from } = await saved(folder, config, ['circle', 'plate', 'star'])
  const model = buildTrainable(CLASSIFIER).initialize(5)
  const before = model.stateDict()
  const lines = await startFrom(model, path, { classes: CLASSES, seed: 0 })
  const after = model.stateDict()
  for (const [name, values] of Object.entries(after)) {
    t.deepEqual(values, name.startsWith('cls') ? before[name] : from[`backbone.${name}`], name)
  }
  t.deepEqual(lines.slice(2), [
    '  missing 8 (cls1.2.weight, cls1.2.bias, cls1.3.weight, ...): the file has no classifier, so it starts anew',
    '  unexpected 16 (neck.lateral_convs.0.conv.weight, neck.lateral_convs.0.conv.bias, neck.lateral_convs.1.conv.weight, ...): of the detector around the backbone, which is all that the model has',
  ])
})

test('a classifier starts from one of other classes, but for its classifier, and refuses another order', async (t) => {
  const { folder, config } = await tinyClassification(t)
  const path = join(folder, 'classifier.safetensors')
  const { model: other } = await loadModel(
    { model: { ...config.model, numClasses: 3 } as Config['model'] },
    'random',
  )
  await saveModel(path, other, { classes: CLASSES })
  const classes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
  const model = buildTrainable(config.model).initialize(5)
  const lines = await startFrom(model, path, { classes, seed: 0 })
  t.regex(
    lines[2],
    /^ {2}of another shape 8 \(cls1\.2\.weight, .*: it is trained for another number/,
  )

  const same = buildTrainable({ ...config.model, numClasses: 3 } as Config['model']).initialize(5)
  await t.throwsAsync(startFrom(same, path, { classes: CLASSES.toReversed(), seed: 0 }), {
    message: /its class 0 is 'circle', and that of the data 'triangle'; /,
  })
})
