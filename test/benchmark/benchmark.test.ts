import test from 'ava'
import { benchmark } from '../../benchmark/benchmark.js'
import { reparameterize } from '../../deploy/reparameterize.js'
import type { Detector } from '../../detectors/index.js'
import { smallMaskRcnn } from '../deploy/small_mask_rcnn.js'
import { smallRetinaNet } from '../deploy/small_retinanet.js'

const entryOf = (detector: Detector, form: 'train' | 'deploy') => ({
  config: 'small',
  form,
  detector,
})

test('a row for each entry, with all its keys', async (t) => {
  const entries = [
    entryOf(await smallRetinaNet('train'), 'train'),
    entryOf(await smallRetinaNet('deploy'), 'deploy'),
    entryOf(await smallMaskRcnn('deploy'), 'deploy'),
  ]
  const done: string[] = []
  const rows = await benchmark(entries, {
    shape: [64, 96],
    batch: 2,
    runs: 2,
    warmup: 1,
    repeats: 3,
    onProgress: (count, total) => done.push(`${count}/${total}`),
  })
  t.deepEqual([done.length, done.at(-1)], [21, '21/21'])
  t.deepEqual(
    rows.map(({ config, framework, form, device, precision, shape, batch }) => [
      ...[config, framework, form, device, precision, shape, batch],
    ]),
    [
      ['small', 'RetinaNet', 'train', 'cpu', 'fp32', [64, 96], 2],
      ['small', 'RetinaNet', 'deploy', 'cpu', 'fp32', [64, 96], 2],
      ['small', 'MaskRCNN', 'deploy', 'cpu', 'fp32', [64, 96], 2],
    ],
  )
  for (const row of rows) {
    const { latencyMs, preprocessMs, networkMs, postprocessMs, repeats } = row
    for (const times of [latencyMs, preprocessMs, networkMs, postprocessMs]) {
      t.true(times.median > 0 && times.median <= times.p95)
    }
    t.true(latencyMs.p95 > networkMs.median && latencyMs.p95 > preprocessMs.median)
    t.is(row.fps, 2000 / latencyMs.median)
    t.is(repeats.length, 3)
    t.is(row.warmupMs.length, 1)
    const medians = repeats.map(({ median }) => median).sort((a, b) => a - b)
    t.is(row.spread, (medians[2] - medians[0]) / medians[1])
    t.is(row.isResult, (row.spread as number) <= 0.05)
    t.true(row.loadMs > 0 && row.paramsM > 0 && row.gmacs > 0)
  }
  t.true(rows[0].paramsM > rows[1].paramsM)
  t.true(rows[0].gmacs > rows[1].gmacs)
})

test('post-processing finds the same whatever the weights', async (t) => {
  const detector = await smallRetinaNet()
  const options = { shape: [64, 96], runs: 1, warmup: 0, repeats: 1 } as const
  const other = await smallRetinaNet()
  for (const { weight } of other.bbox_head.cls_convs.map(({ conv }) => conv)) weight.data.fill(0)
  const rows = await benchmark([entryOf(detector, 'deploy'), entryOf(other, 'deploy')], options)
  t.true(rows[0].detections >= 5, `${rows[0].detections} detections`)
  t.is(rows[1].detections, rows[0].detections)
  t.is(rows[0].spread, null)
  t.false(rows[0].isResult)
})

test('a detector may be merged in place once it was taken', async (t) => {
  const detector = await smallRetinaNet('train')
  async function* bothForms() {
    yield entryOf(detector, 'train')
    await reparameterize(detector, { imageSize: [32, 32] })
    yield entryOf(detector, 'deploy')
  }
  const rows = await benchmark(bothForms(), { shape: [32, 64], runs: 1, warmup: 0, repeats: 1 })
  t.deepEqual(
    rows.map(({ form }) => form),
    ['train', 'deploy'],
  )
  t.true(rows[0].paramsM > rows[1].paramsM)
})

test('a benchmark computes in the precision that it is told, and says of which nodes its graphs are', async (t) => {
  const graphs: string[] = []
  const [row] = await benchmark([entryOf(await smallRetinaNet('deploy'), 'deploy')], {
    ...{ shape: [64, 96], runs: 1, warmup: 0, repeats: 1 },
    compute: { precision: 'fp16', onPlaced: ({ graph }) => graphs.push(graph) },
  })
  t.like(row, { device: 'cpu', precision: 'fp16' })
  t.true(row.detections > 0)
  t.deepEqual(graphs, ['network', 'postprocess'])
})

test('a device that is not there is refused before anything is loaded', async (t) => {
  const entries = [entryOf(await smallRetinaNet('deploy'), 'deploy')]
  const options = { shape: [64, 96], compute: { engine: 'tfjs', device: 'cuda' } } as const
  await t.throwsAsync(benchmark(entries, options), {
    name: 'DeviceError',
    message: /^tfjs: does not compute on cuda; /,
  })
})
