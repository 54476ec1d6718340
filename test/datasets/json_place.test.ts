import test from 'ava'
import fc from 'fast-check'
import { findJsonFault } from '../../datasets/json_place.js'

const faults: [title: string, text: string, line: number, column: number, found: string][] = [
  ['an empty text', '', 1, 1, ''],
  ['a text that ends in a list', '{"a": [1, 2', 1, 12, ''],
  ['a text that ends in a string', '["abc', 1, 2, '"abc'],
  ['NaN, as Python writes it', '{\n  "bbox": [1, NaN, 3]\n}', 2, 15, 'NaN,'],
  ['a comma before the end of a list', '[1,\n2,]', 2, 3, ']'],
  ['a comma before the end of an object', '{"a": 1, }', 1, 10, '}'],
  ['a key without quotes', '{a: 1}', 1, 2, 'a:'],
  ['a missing colon', '{"a" 1}', 1, 6, '1}'],
  ['a missing comma', '[1 2]', 1, 4, '2]'],
  ['a bracket that closes nothing', '[1]]', 1, 4, ']'],
  ['the wrong bracket', '[1}', 1, 3, '}'],
  ['two values', '1 2', 1, 3, '2'],
  ['a number with a leading zero', '[01]', 1, 3, '1]'],
  ['a line break in a string', '["a\nb"]', 1, 2, '"a'],
]

for (const [title, text, line, column, found] of faults) {
  test(`${title} is found where it stands`, (t) => {
    t.throws(() => JSON.parse(text))
    t.deepEqual(findJsonFault(text), { line, column, found })
  })
}

test('a long string and a deep nesting are no obstacle', (t) => {
  const long = `["${'a\\n'.repeat(1e6)}", x]`
  t.deepEqual(findJsonFault(long), { line: 1, column: 3_000_006, found: 'x]' })
  t.deepEqual(findJsonFault('['.repeat(1e6)), { line: 1, column: 1_000_001, found: '' })
})

test('what JSON.stringify writes has no fault', (t) => {
  const property = fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 3 }), (value, indent) => {
    return findJsonFault(JSON.stringify(value, null, indent)) === undefined
  })
  t.notThrows(() => fc.assert(property))
})

test('a text with a character replaced has a fault exactly where JSON.parse refuses it', (t) => {
  const text = JSON.stringify({ id: 1, box: [1.5, -2e3, null], name: 'a\u00e9\n', ok: true })
  for (let i = 0; i < text.length; i++) {
    for (const character of ',:{}[]"0a ') {
      const changed = text.slice(0, i) + character + text.slice(i + 1)
      t.is(findJsonFault(changed) === undefined, isParsed(changed), changed)
    }
  }
})

function isParsed(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
