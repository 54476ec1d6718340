import test from 'ava'
import { evaluate } from '../../evaluation/evaluate.js'
import { ImageDetector } from '../../evaluation/image_detector.js'
import { evalOptions } from '../../experiments/detection_task.js'
import { resolveConfig } from '../../experiments/load.js'
import { loadSplit } from '../../experiments/load_data.js'
import { loadDetector } from '../../experiments/load_detector.js'
import { readPicture } from '../../tools/cli/image_files.js'
import { CornerDetector } from '../deploy/corner_detector.js'
import { tinyExperiment } from '../experiments/tiny_experiment.js'
import { tinyMaskExperiment } from '../experiments/tiny_mask_experiment.js'
import { assertClose } from '../helpers/assert_close.js'

for (const [name, experiment, threshold] of [
  ['RetinaNet', tinyExperiment, 'model.head.test.scoreThr=0.01'],
  ['Mask R-CNN', tinyMaskExperiment, 'model.roiHead.test.scoreThr=0.01'],
] as const) {
  test(`a ${name} finds in images one at a time what evaluation finds`, async (t) => {
    const { config: cautious } = await experiment(t)
    const config = resolveConfig(cautious, [threshold])
    const { detector } = await loadDetector(config, 'random')
    const { data, dataset } = await loadSplit(config, 'val')
    const { results } = await evaluate(detector, evalOptions(data, dataset))
    const { testScale, bucketStep } = data
    const model = new ImageDetector(detector, { testScale, bucketStep, numClasses: 3 })
    let count = 0
    for (const { file, size, imageId } of dataset.samples) {
      const found = await model.detect({ pixels: (await readPicture(file)).data, size })
      const isHere = ({ image_id }: { image_id: unknown }) => image_id === imageId
      const expected = results.bbox.filter(isHere)
      const masks = results.segm?.filter(isHere)
      t.is(found.length, expected.length)
      for (const [i, { label, score, bbox, segmentation }] of found.entries()) {
        t.is(dataset.categoryIds[label], expected[i].category_id)
        t.true(Math.abs(score - expected[i].score) < 1e-5)
        for (const side of [0, 1, 2, 3])
          t.true(Math.abs(bbox[side] - expected[i].bbox[side]) < 1e-2)
        t.deepEqual(segmentation, masks?.[i].segmentation)
      }
      count += found.length
    }
    t.true(count >= 8, `${count}`)
    await model.dispose()
  })
}

test('at the lambda of deep training it finds what evaluation finds there, and nothing of lambda 1', async (t) => {
  const { config: cautious } = await tinyExperiment(t)
  const config = resolveConfig(cautious, ['model.head.test.scoreThr=0.01', 'data.val.limit=1'])
  const { detector } = await loadDetector(config, 'random')
  const { data, dataset } = await loadSplit(config, 'val')
  const scoresAt = async (lambda: number) => {
    const { results } = await evaluate(detector, { ...evalOptions(data, dataset), lambda })
    const { testScale, bucketStep } = data
    const model = new ImageDetector(detector, { testScale, bucketStep, numClasses: 3, lambda })
    const [{ file, size }] = dataset.samples
    const found = await model.detect({ pixels: (await readPicture(file)).data, size })
    const map = await model.meanActivation({ pixels: (await readPicture(file)).data, size })
    await model.dispose()
    const expected = results.bbox.map(({ score }) => score)
    t.true(expected.length > 0)
    assertClose(
      t,
      found.map(({ score }) => score),
      expected,
      1e-5,
    )
    return { expected, map }
  }
  const [relu, none] = [await scoresAt(0.25), await scoresAt(1)]
  t.notDeepEqual(relu.expected, none.expected)
  t.notDeepEqual(relu.map, none.map)
})

test('activation maps have a value from 0 to 1 for each pixel of the image', async (t) => {
  const { config } = await tinyExperiment(t)
  const { detector } = await loadDetector(config, 'random')
  const scale = { testScale: [64, 64] as const, bucketStep: 64, numClasses: 3 }
  const model = new ImageDetector(detector, scale)
  const pixels = Uint8Array.from({ length: 30 * 50 * 3 }, (_, i) => (i * 37) % 251)
  const image = { pixels, size: [30, 50] as const }
  for (const map of [await model.meanActivation(image), await model.classActivation(image, 1)]) {
    t.is(map.length, 1500)
    t.is(Math.min(...map), 0)
    t.true(Math.abs(Math.max(...map) - 1) < 1e-6)
  }
  await model.dispose()
})

test("a detector of a user's own detects, and is refused where activation maps are asked for", async (t) => {
  const scale = { testScale: [64, 64] as const, bucketStep: 64, numClasses: 2 }
  const model = new ImageDetector(new CornerDetector(), scale)
  const image = { pixels: new Uint8Array(32 * 32 * 3), size: [32, 32] as const }
  t.deepEqual(await model.detect(image), [
    { label: 1, bbox: [0, 0, 4, 4], score: 0.75 },
    { label: 0, bbox: [0, 0, 2, 2], score: 0.25 },
  ])
  await t.throwsAsync(model.meanActivation(image), {
    name: 'ConfigError',
    message:
      'the detector is CornerDetector, whose evidence for a class is not known here; leave out the activation maps',
  })
  await model.dispose()
})
