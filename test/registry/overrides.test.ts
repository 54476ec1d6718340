import test from 'ava'
import { applyOverrides, parseOverride } from '../../registry/overrides.js'

function override(config: unknown, ...items: string[]): unknown {
  return applyOverrides(config, items.map(parseOverride))
}

test('values are JSON where they parse as JSON, and text otherwise', (t) => {
  t.deepEqual(override({}, 'a=1', 'b=1e-4', 'c=true', 'd=[[512,320]]', 'e={"f":null}'), {
    a: 1,
    b: 1e-4,
    c: true,
    d: [[512, 320]],
    e: { f: null },
  })
  t.deepEqual(override({}, 'a=AdamW', 'b=data/x=y.json', 'c=', 'd="1"'), {
    a: 'AdamW',
    b: 'data/x=y.json',
    c: '',
    d: '1',
  })
})

test('groups that are not there yet are made, and neighbours stay', (t) => {
  const config = { data: { train: { limit: 4, annFile: 'a.json' } } }
  t.deepEqual(override(config, 'data.train.limit=8', 'ema.decay=0.999'), {
    data: { train: { limit: 8, annFile: 'a.json' } },
    ema: { decay: 0.999 },
  })
  t.is(config.data.train.limit, 4, 'the config itself is not changed')
})

test('null takes an option out, and nothing where it is not there', (t) => {
  const config = { schedule: { epochs: 3, deepTraining: { decayEpochs: 2 } }, seed: 1 }
  const overrides = ['schedule.deepTraining=null', 'ema=null'].map(parseOverride)
  t.deepEqual(applyOverrides(config, overrides), { schedule: { epochs: 3 }, seed: 1 })
})

test('list items are reached by [index] and by .index', (t) => {
  const config = {
    scales: [
      [1, 2],
      [3, 4],
    ],
  }
  t.deepEqual(override(config, 'scales[0][1]=9', 'scales.1=[7,8]'), {
    scales: [
      [1, 9],
      [7, 8],
    ],
  })
  t.deepEqual(override({ list: [1] }, 'list[1]=2'), { list: [1, 2] }, 'one past the end appends')
})

test('a later item wins', (t) => {
  t.deepEqual(override({}, 'seed=1', 'seed=2'), { seed: 2 })
})

test('an item without a key or a value is refused', (t) => {
  for (const item of ['epochs', '=3']) {
    t.throws(() => parseOverride(item), {
      name: 'ConfigError',
      message: `--cfg-options got "${item}", which sets nothing; write key=value, such as data.batchSize=2`,
    })
  }
})

test('a path through a number or past a list is refused', (t) => {
  t.throws(() => override({ seed: 1 }, 'seed.x=1'), {
    message: 'seed.x cannot be set, since seed is 1; set seed itself',
  })
  t.throws(() => override({ a: { list: [1] } }, 'a.list[3]=1'), {
    message: 'a.list[3] cannot be set, since a.list is a list of 1; use an index from 0 to 1',
  })
})

test('__proto__ is a key like any other, so the schema refuses it', (t) => {
  const result = override({}, '__proto__.polluted=1')
  t.false('polluted' in {})
  t.true(Object.hasOwn(result as object, '__proto__'))
})
