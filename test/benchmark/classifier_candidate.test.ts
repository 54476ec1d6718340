import test from 'ava'
import { VanillaNet } from '../../backbones/index.js'
import { benchmark, peakMemoryOf } from '../../benchmark/benchmark.js'
import { Classifier } from '../../classifiers/classifier.js'
import { smallRetinaNet } from '../deploy/small_retinanet.js'

function classifier(numClasses: number): Classifier {
  const backbone = new VanillaNet({ dims: [4, 8], strides: [2], actNum: 1, numClasses })
  return new Classifier({ backbone }).initialize(0)
}

const entryOf = (numClasses: number) => ({
  config: 'small',
  form: 'train' as const,
  detector: classifier(numClasses),
})

test('classifiers are timed from pixels to their best classes, beside detectors of the same input', async (t) => {
  const detector = { ...entryOf(3), config: 'detector', detector: await smallRetinaNet('train') }
  const rows = await benchmark([entryOf(7), detector, entryOf(3)], {
    shape: [64, 64],
    batch: 2,
    runs: 1,
    warmup: 1,
    repeats: 2,
  })
  t.deepEqual(
    rows.map(({ framework, shape, batch }) => [framework, shape, batch]),
    [
      ['Classifier', [64, 64], 2],
      ['RetinaNet', [64, 64], 2],
      ['Classifier', [64, 64], 2],
    ],
  )
  t.is(rows[0].detections, 5)
  t.is(rows[2].detections, 3)
  for (const { preprocessMs, networkMs, postprocessMs, paramsM, gmacs } of rows) {
    for (const { median } of [preprocessMs, networkMs, postprocessMs]) t.true(median > 0)
    t.true(paramsM > 0 && gmacs > 0)
  }
})

test('the peak memory of a classifier is measured', async (t) => {
  const peak = await peakMemoryOf(async () => classifier(3), { shape: [32, 32] })
  if (process.platform === 'linux') t.true(peak !== null && peak > 30, `${peak}`)
  else t.is(peak, null)
})

test('an input that is no square is refused', async (t) => {
  await t.throwsAsync(benchmark([entryOf(3)], { shape: [64, 96] }), {
    name: 'ConfigError',
    message:
      'the shape is 64 x 96, but the pictures of a classifier are squares; give two equal sides',
  })
})
