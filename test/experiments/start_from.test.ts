import { join } from 'node:path'
import test from 'ava'
import { loadDetector } from '../../experiments/load_detector.js'
import { startFrom } from '../../experiments/start_from.js'
import { buildDetector, type Config } from '../../registry.js'
import { saveModel } from '../../weights/save_model.js'
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
