import test from 'ava'
import fc from 'fast-check'
import { Scanner } from '../../source/json/scanner.js'
import { ValueReader } from '../../source/json/value_reader.js'

function readerOf(text: string): { scanner: Scanner; values: ValueReader } {
  const bytes = new TextEncoder().encode(text + '\0'.repeat(16))
  const scanner = new Scanner(bytes, bytes.length - 16)
  return { scanner, values: new ValueReader(scanner) }
}

/** The value that `text` is; throws where it is none. */
function valueIn(text: string): unknown {
  const { scanner, values } = readerOf(text)
  if (!values.read() || (scanner.space() >= 0 && scanner.at < scanner.end)) throw new Error(text)
  return values.value
}

test('a value is that of JSON.parse, with its keys in the same order', (t) => {
  const property = fc.property(
    fc.jsonValue({ stringUnit: 'binary' }),
    fc.integer({ min: 0, max: 2 }),
    (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      t.deepEqual(valueIn(text), JSON.parse(text))
      return JSON.stringify(valueIn(text)) === JSON.stringify(JSON.parse(text))
    },
  )
  t.notThrows(() => fc.assert(property, { numRuns: 2000 }))
})

test('escapes, surrogates and keys that stand twice are those of JSON.parse', (t) => {
  for (const text of [
    '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '"\\u0041\\u00e9\\ud83d\\ude00 \\ud800 é😀"',
    '"\\u0000\\uFFFF\\ufeff"',
    '"\ufeff"',
    '{"a": 1, "b": 2, "a": 3}',
    '{"\\u0061": 1, "a": 2}',
    '{"2": 1, "1": 2, "": 3}',
    '[true, false, null, -0, 1e400]',
  ])
    t.is(JSON.stringify(valueIn(text)), JSON.stringify(JSON.parse(text)), text)
})

test('__proto__ is a key like any other', (t) => {
  const value = valueIn('{"__proto__": {"x": 1}}') as Record<string, unknown>
  t.is(Object.getPrototypeOf(value), Object.prototype)
  t.deepEqual(Object.keys(value), ['__proto__'])
  t.is(value.x, undefined)
})

test('NaN and Infinity are values', (t) => {
  t.deepEqual(valueIn('{"a": [NaN, -Infinity], "b": Infinity}'), {
    a: [Number.NaN, Number.NEGATIVE_INFINITY],
    b: Number.POSITIVE_INFINITY,
  })
})

test('ids that a double would round are bigints, where ids are asked for', (t) => {
  const long = '9223372036854775807'
  const text = `{"id": ${long}, "image_id": -${long}, "category_id": 9007199254740991, "area": ${long},
    "other": {"id": ${long}}, "x": [${long}]}`
  const rounded = JSON.parse(text)
  const { values } = readerOf(text)
  t.true(values.readEntry())
  t.deepEqual(values.value, { ...rounded, id: BigInt(long), image_id: -BigInt(long) })
  t.deepEqual(valueIn(text), rounded)
  t.deepEqual(valueIn(long), Number(long))
  for (const [id, expected] of [
    [long, BigInt(long)],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740992', -9007199254740992n],
    ['9007199254740991', 9007199254740991],
    ['1e30', 1e30],
    ['9223372036854775807.0', 2 ** 63],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    [`[${long}]`, [Number(long)]],
    [`{"id": ${long}}`, { id: Number(long) }],
  ] as const) {
    const { values } = readerOf(id)
    t.true(values.readId())
    t.deepEqual(values.value, expected as unknown)
  }
})

test('depth is no limit', (t) => {
  const depth = 1_000_000
  const text = '['.repeat(depth) + ']'.repeat(depth)
  const { scanner, values } = readerOf(text)
  t.true(values.skip())
  t.is(scanner.at, text.length)
  let value = valueIn(text)
  let levels = 0
  for (; Array.isArray(value); value = value[0]) levels++
  t.is(levels, depth)
})

test('skipping a value stops where reading it does', (t) => {
  const property = fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value)
    const [read, skipped] = [readerOf(`${text},1`), readerOf(`${text},1`)]
    return read.values.read() && skipped.values.skip() && skipped.scanner.at === read.scanner.at
  })
  t.notThrows(() => fc.assert(property))
})
