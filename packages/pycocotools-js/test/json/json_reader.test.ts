import test, { type ExecutionContext } from 'ava'
import { CocoError } from '../../source/index.js'
import { findJsonError } from '../../source/json/json_place.js'
import { JsonReader, type JsonReaderOptions } from '../../source/json/json_reader.js'

const encode = (text: string) => new TextEncoder().encode(text)

/** The bytes in chunks of `size`. */
function* inChunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Reads an object key by key, and lists entry by entry, as annotation files are read. */
function read(
  source: Uint8Array | Iterable<Uint8Array>,
  options?: JsonReaderOptions,
): Promise<Record<string, unknown>> {
  return JsonReader.read(
    source,
    'file.json',
    async (reader) => {
      const object: Record<string, unknown> = {}
      await reader.object(async (key) => {
        object[key] = await reader.value()
      })
      return object
    },
    options,
  )
}

const TEXT = `{"info": {"year": 2017, "\\u00e9": "é😀\\ud83d\\ude00\\n"}, "empty": [], "none": {},
\t"images": [{"id": 139, "size": [426, 640.5e-1]}, -12.75, null,
  true, [[], [1, [2]]], "\\\\"] , "last":NaN}  `

test('a file is read alike in windows and chunks of every size', async (t) => {
  const bytes = encode(TEXT)
  const expected = await read(bytes)
  t.deepEqual(expected, { ...JSON.parse(TEXT.replace('NaN', '0')), last: Number.NaN })
  for (let windowBytes = 1; windowBytes <= 64; windowBytes++)
    t.deepEqual(await read(bytes, { windowBytes }), expected, `windows of ${windowBytes}`)
  for (let size = 1; size <= 64; size++) {
    t.deepEqual(await read(inChunks(bytes, size)), expected, `chunks of ${size}`)
    t.deepEqual(await read(inChunks(bytes, size), { windowBytes: 7 }), expected)
  }
})

/** The error for `text`, whatever windows and chunks it comes in. */
async function errorOf(t: ExecutionContext, text: string): Promise<string> {
  const messages = new Set<string>()
  for (const options of [{}, { windowBytes: 1 }, { windowBytes: 5 }, { windowBytes: 16 }]) {
    const error = await t.throwsAsync(read(inChunks(encode(text), 3), options), undefined, text)
    t.true(error instanceof CocoError, String(error))
    messages.add(error!.message)
  }
  t.is(messages.size, 1, [...messages].join('\n'))
  return [...messages][0]
}

test('wherever a file is cut short or spoilt, the place is told, in all windows alike', async (t) => {
  const text = TEXT.replace('NaN', '0').trim()
  for (let i = 1; i < text.length; i++)
    for (const spoilt of [text.slice(0, i), `${text.slice(0, i)}?${text.slice(i + 1)}`]) {
      const place = findJsonError(spoilt)
      if (place === null) continue // within a string
      const { line, column, found, expected } = place
      t.is(
        await errorOf(t, spoilt),
        `file.json: is not JSON at line ${line}, column ${column}: found ${found}, expected ${expected}; repair the file, or fetch it again if it is cut short`,
      )
    }
})

test('the place is right far into a stream, on a line of its own and on one without end', async (t) => {
  const entries = Array.from({ length: 5000 }, (_, i) => `{"id": ${i}, "name": "é😀"}`)
  const broken = '{"id": 7 "name": 1}'
  const onLines = `{"a": [\n${entries.join(',\n')},\n${broken}]}`
  const onOneLine = `{"a": [${entries.join(', ')}, ${broken}]}`
  const options = { windowBytes: 256 } // some 500 windows
  await t.throwsAsync(read(encode(onLines), options), {
    message:
      /^file\.json: is not JSON at line 5002, column 10: found "\\"", expected a comma or "\}";/,
  })
  const column = onOneLine.indexOf('"name": 1') + 1
  await t.throwsAsync(read(encode(onOneLine), options), {
    message: new RegExp(`^file\\.json: is not JSON at line 1, column ${column}: found "\\\\""`),
  })
})

const AGAIN = 'write it again as UTF-8'
const refused: [string, Uint8Array, string][] = [
  ['an empty file', encode(''), 'is empty; fetch the file again'],
  ['UTF-16, little end first', Uint8Array.of(0xff, 0xfe, 0x7b, 0), `is UTF-16; ${AGAIN}`],
  ['UTF-16, big end first', Uint8Array.of(0xfe, 0xff, 0, 0x7b), `is UTF-16; ${AGAIN}`],
  ['UTF-16 without a mark', Uint8Array.of(0x7b, 0, 0x7d, 0), `is UTF-16; ${AGAIN}`],
  ['UTF-16 without a mark, big end first', Uint8Array.of(0, 0x7b, 0, 0x7d), `is UTF-16; ${AGAIN}`],
  ['UTF-32, little end first', Uint8Array.of(0xff, 0xfe, 0, 0, 0x7b, 0), `is UTF-32; ${AGAIN}`],
  ['UTF-32, big end first', Uint8Array.of(0, 0, 0xfe, 0xff, 0, 0), `is UTF-32; ${AGAIN}`],
  ['UTF-32 without a mark', Uint8Array.of(0x7b, 0, 0, 0, 0x7d, 0), `is UTF-32; ${AGAIN}`],
  ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), 'is compressed with gzip; unpack it first'],
  [
    'spaces only',
    encode('  \n'),
    'is not JSON at line 2, column 1: found the end of the text, expected a value; repair the file, or fetch it again if it is cut short',
  ],
  [
    'bytes that are not UTF-8',
    Uint8Array.of(0x7b, 0x22, 0x61, 0xff, 0x22),
    `is not UTF-8 at line 1, column 4: found the byte 0xff; ${AGAIN}`,
  ],
  [
    'more than one value',
    encode('{} {}'),
    'is not JSON at line 1, column 4: found "{", expected the end of the text; repair the file, or fetch it again if it is cut short',
  ],
]
for (const [title, bytes, sentence] of refused) {
  test(`${title} is refused in one sentence`, async (t) => {
    await t.throwsAsync(read(bytes), { instanceOf: CocoError, message: `file.json: ${sentence}` })
  })
}

test('a byte order mark is no fault, and no column', async (t) => {
  t.deepEqual(await read(encode('\ufeff{"a": 1}')), { a: 1 })
  await t.throwsAsync(read(encode('\ufeff{"a" 1}')), { message: /line 1, column 6: found "1"/ })
})

test('an entry that does not end is given up before it takes all memory', async (t) => {
  const text = `{\n"a": [1, "${'x'.repeat(4000)}`
  await t.throwsAsync(read(encode(text), { windowBytes: 64, longestBytes: 1000 }), {
    instanceOf: CocoError,
    message:
      'file.json: has an entry of more than 1000 bytes from line 2 on; look there for a quote or a bracket that is not closed',
  })
})

test('a list of any length needs a window for one entry only', async (t) => {
  const entries = Array.from({ length: 1000 }, (_, i) => ({ id: i }))
  const options = { windowBytes: 64, longestBytes: 64 }
  t.deepEqual(await read(encode(JSON.stringify({ a: entries })), options), { a: entries })
})
