import test from 'ava'
import fc from 'fast-check'
import { findJsonError } from '../../source/index.js'

const valid = [
  '1',
  ' -0.5e+3 ',
  '"a\\u00e9\\n"',
  '[]',
  '{}',
  '[[], {}, [1, [2]], {"a": {"b": []}}]',
  '{"a": [true, false, null], "b": "é"}',
]
test('valid JSON has no error', (t) => {
  for (const text of valid) {
    t.notThrows(() => JSON.parse(text))
    t.is(findJsonError(text), null, text)
  }
})

const END = 'the end of the text'
const A_COMMA_OR_BRACKET = 'a comma or "]"'
const broken: [string, number, number, string, string][] = [
  ['', 1, 1, END, 'a value'],
  ['[1, 2', 1, 6, END, A_COMMA_OR_BRACKET],
  ['{"a": [1, 2', 1, 12, END, A_COMMA_OR_BRACKET],
  ['["abc', 1, 6, END, 'a closing quote'],
  ['[1,]', 1, 4, '"]"', 'a value'],
  ['[1,\n2,]', 2, 3, '"]"', 'a value'],
  ['{"a": 1, }', 1, 10, '"}"', 'a quoted key'],
  ['{"a": 1,\n "b" 2}', 2, 6, '"2"', 'a colon'],
  ["{'a': 1}", 1, 2, '"\'"', 'a quoted key'],
  ['{a: 1}', 1, 2, '"a"', 'a quoted key'],
  ['{"a": 1}\n]', 2, 1, '"]"', END],
  ['1 2', 1, 3, '"2"', END],
  ['[1}', 1, 3, '"}"', A_COMMA_OR_BRACKET],
  ['[1 2]', 1, 4, '"2"', A_COMMA_OR_BRACKET],
  ['{"a": 1 "b"}', 1, 9, '"\\""', 'a comma or "}"'],
  ['[01]', 1, 2, '"01"', 'a value'],
  ['[1.]', 1, 2, '"1."', 'a value'],
  ['[\n  NaN]', 2, 3, '"NaN"', 'a value'],
  ['[-Infinity]', 1, 2, '"-Infinity"', 'a value'],
  ['[nul]', 1, 2, '"nul"', 'a value'],
  ['["a\nb"]', 1, 4, '"\\n"', 'an escape such as "\\n"'],
  ['["\\x"]', 1, 3, '"\\\\"', 'an escape that JSON has, such as "\\n" or "\\u000a"'],
  ['["é😀", é]', 1, 9, '"é"', 'a value'],
  ['[\ufeff]', 1, 2, '"\ufeff"', 'a value'],
  ['[1,\0]', 1, 4, '"\\u0000"', 'a value'],
]
for (const [text, line, column, found, expected] of broken) {
  test(`the error in ${JSON.stringify(text)} is at ${line}:${column}`, (t) => {
    t.throws(() => JSON.parse(text))
    t.deepEqual(findJsonError(text), { line, column, found, expected })
  })
}

test('a long word is quoted in part', (t) => {
  t.is(findJsonError(`[${'x'.repeat(100)}]`)!.found, `"${'x'.repeat(20)}"`)
})

test('a long string and a deep nesting are no obstacle', (t) => {
  const long = findJsonError(`["${'a\\n'.repeat(1e6)}", x]`)
  t.deepEqual([long?.line, long?.column, long?.found], [1, 3_000_006, '"x"'])
  t.is(findJsonError('['.repeat(1e6))?.column, 1_000_001)
})

test('what JSON.stringify writes has no error', (t) => {
  const property = fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 3 }), (value, indent) => {
    return findJsonError(JSON.stringify(value, null, indent)) === null
  })
  t.notThrows(() => fc.assert(property))
})

test('wherever a text is cut or spoilt, JSON.parse and findJsonError agree', (t) => {
  const text = JSON.stringify({ id: 1, box: [1.5, -2e3, null], name: 'a\u00e9\\x\n', ok: true })
  for (let i = 0; i < text.length; i++) {
    const spoilt = [...',:{}[]"0a \\?'].map((c) => text.slice(0, i) + c + text.slice(i + 1))
    for (const changed of [text.slice(0, i), ...spoilt])
      t.is(findJsonError(changed) === null, isParsed(changed), changed)
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
