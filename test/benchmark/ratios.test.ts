import test from 'ava'
import { ratiosOf } from '../../benchmark/ratios.js'
import { describeSpread, isWithin, spreadOf } from '../../benchmark/spread.js'
import { benchmarkRow } from './benchmark_row.js'

const vanilla = benchmarkRow({ backbone: 'VanillaNet-13', config: 'v13' }, [100, 110, 120])
const swin = benchmarkRow({ backbone: 'Swin-T', config: 'swin' }, [120, 132, 144])

test('a ratio is paired repeat by repeat, so that drift leaves it', (t) => {
  const [ratio, ...others] = ratiosOf([vanilla, swin])
  t.is(others.length, 0)
  t.deepEqual(ratio.configs, ['v13', 'swin'])
  t.is(ratio.name, 'VanillaNet-13 / Swin-T')
  t.is(ratio.fpsRatio, 1.2) // faster: fewer milliseconds
  t.true((ratio.spread as number) < 1e-12)
  t.true(ratio.isResult)
  t.false(vanilla.isResult) // 20 of 110 ms
  t.is(ratio.published, 1.08)
})

test('a spread of 7.3 % is no result, one of 5 % is', (t) => {
  const wide = benchmarkRow({ backbone: 'Swin-T' }, [100 * 1.2, 110 * 1.2, 120 * 1.2 * 1.073])
  const [ratio] = ratiosOf([vanilla, wide])
  t.false(ratio.isResult)
  t.is(describeSpread(ratio.spread, ratio.isResult), 'not a result: spread 7.3 %')
  t.true(isWithin(spreadOf([100, 105, 100]), 0.05))
  t.false(isWithin(spreadOf([100, 106, 103]), 0.05))
})

test('one repeat is no result', (t) => {
  t.is(spreadOf([3]), null)
  t.false(isWithin(null, 0.05))
  t.is(describeSpread(null, false), 'not a result: one repeat has no spread')
})

test('frameworks and batch sizes are not mixed', (t) => {
  const mask = { framework: 'Mask R-CNN' }
  const rows = [
    vanilla,
    benchmarkRow({ ...mask, backbone: 'Swin-T' }, [1, 1, 1]),
    benchmarkRow({ backbone: 'Swin-T', batch: 8 }, [1, 1, 1]),
    benchmarkRow({ backbone: 'Swin-S' }, [1, 1, 1]),
  ]
  t.deepEqual(ratiosOf(rows), [])
  const masks = [
    benchmarkRow({ ...mask, backbone: 'VanillaNet-13', form: 'train' }, [2, 2, 2]),
    benchmarkRow({ ...mask, backbone: 'VanillaNet-13' }, [1, 1, 1]),
  ]
  t.deepEqual(
    ratiosOf([...rows, ...masks]).map(({ form, fpsRatio, published }) => [
      form,
      fpsRatio,
      published,
    ]),
    [
      ['train', 0.5, 1.16],
      ['deploy', 1, 1.16],
    ],
  )
})
