import test from 'ava'
import { rowTimes } from '../../benchmark/row_times.js'

const runOf = (network: number) => ({ preprocess: 1, network, postprocess: 2, total: network + 3 })

test('warm-up is told and left out; the runs after it are cut into repeats', (t) => {
  const networks = [500, 100, 47, 57, 47, 57, 47, 77] // two to warm up, three repeats of two
  const row = rowTimes(networks.map(runOf), {
    batch: 2,
    warmup: 2,
    runs: 2,
    repeats: 3,
    maxSpread: 0.05,
  })
  t.deepEqual(row.warmupMs, [503, 103])
  t.deepEqual(row.repeats, [{ median: 55 }, { median: 55 }, { median: 65 }])
  t.is(row.spread, 10 / 55)
  t.false(row.isResult)
  t.is(row.latencyMs.median, 55) // of 50 60 50 60 50 80
  t.is(row.latencyMs.p95, 75)
  t.is(row.networkMs.median, 52)
  t.deepEqual(row.preprocessMs, { median: 1, p95: 1 })
  t.deepEqual(row.postprocessMs, { median: 2, p95: 2 })
  t.is(row.fps, 2000 / 55)
})

test('repeats that agree are a result', (t) => {
  const plan = { batch: 1, warmup: 0, runs: 1, repeats: 3, maxSpread: 0.05 }
  t.true(rowTimes([97, 99, 101].map(runOf), plan).isResult) // 100, 102, 104
  t.false(rowTimes([97, 99, 103].map(runOf), plan).isResult) // 100, 102, 106
})
