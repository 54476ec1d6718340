import test from 'ava'
import { findJsonError } from '../source/json/json_place.js'

const valid = [
  '1',
  ' -0.5e+3 ',
  '"a\\u00e9\\n"',
  '[]',
  '{}',
  '[[], {}, [1, [2]], {"a": {"b": []}}]',
  '{"a": [true, false, null], "b": "é}"}',
]
test('valid JSON has no error', (t) => {
  for (const text of valid) {
    t.notThrows(() => JSON.parse(text))
    t.is(findJsonError(text), null, text)
  }
})

const broken: [string, number, number, string, string][] = [
  ['', 1, 1, 'the end of the text', 'a value'],
  ['[1, 2', 1, 6, 'the end of the text', 'a comma or "]"'],
  ['[1,]', 1, 4, '"]"', 'a value'],
  ['{"a": 1,\n "b" 2}', 2, 6, '"2"', 'a colon'],
  ["{'a': 1}", 1, 2, '"\'"', 'a quoted key'],
  ['{"a": 1}\n]', 2, 1, '"]"', 'the end of the text'],
  ['[1}', 1, 3, '"}"', 'a comma or "]"'],
  ['[01]', 1, 2, '"01"', 'a value'],
  ['[1.]', 1, 2, '"1."', 'a value'],
  ['[\n  NaN]', 2, 3, '"NaN"', 'a value'],
  ['["a\nb"]', 1, 2, '"\\""', 'a value'],
  ['["\\x"]', 1, 2, '"\\""', 'a value'],
]
for (const [text, line, column, found, expected] of broken) {
  test(`the error in ${JSON.stringify(text)} is at ${line}:${column}`, (t) => {
    t.throws(() => JSON.parse(text))
    t.deepEqual(findJsonError(text), { line, column, found, expected })
  })
}

test('wherever a text is cut or spoilt, JSON.parse and findJsonError agree', (t) => {
  const text = '{"a": [1, -2.5e3, "x\\n"], "b": {"c": null}}'
  for (let i = 0; i < text.length; i++) {
    for (const spoilt of [text.slice(0, i), `${text.slice(0, i)}?${text.slice(i + 1)}`]) {
      let parses = true
      try {
        JSON.parse(spoilt)
      } catch {
        parses = false
      }
      t.is(findJsonError(spoilt) === null, parses, spoilt)
    }
  }
})
