import test from 'ava'
import { benchmark } from '../../deploy/benchmark.js'
import type { RetinaNet } from '../../detectors/index.js'
import { smallRetinaNet } from './small_retinanet.js'

const entryOf = (detector: RetinaNet, form: 'train' | 'deploy') => ({
  config: 'small.ts',
  form,
  detector,
})

test('a row for each entry, with all its keys', async (t) => {
  const entries = [
    entryOf(await smallRetinaNet('train'), 'train'),
    entryOf(await smallRetinaNet('deploy'), 'deploy'),
  ]
  const done: string[] = []
  const rows = await benchmark(entries, {
    shape: [32, 64],
    batch: 2,
    runs: 3,
    warmup: 1,
    onProgress: (count, total) => done.push(`${count}/${total}`),
  })
  t.deepEqual(done, ['1/8', '2/8', '3/8', '4/8', '5/8', '6/8', '7/8', '8/8'])
  t.deepEqual(
    rows.map(({ config, form, device, shape, batch }) => [config, form, device, shape, batch]),
    [
      ['small.ts', 'train', 'cpu', [32, 64], 2],
      ['small.ts', 'deploy', 'cpu', [32, 64], 2],
    ],
  )
  for (const { latencyMs, fps, paramsM, gmacs } of rows) {
    t.true(latencyMs.median > 0 && latencyMs.median <= latencyMs.p95)
    t.is(fps, 2000 / latencyMs.median)
    t.true(paramsM > 0 && gmacs > 0)
  }
  t.true(rows[0].paramsM > rows[1].paramsM)
  t.true(rows[0].gmacs > rows[1].gmacs)
})
