import test from 'ava'
import fc from 'fast-check'
import { Scanner } from '../../source/json/scanner.js'

function scannerOf(text: string): Scanner {
  const bytes = new TextEncoder().encode(text + '\0'.repeat(16))
  return new Scanner(bytes, bytes.length - 16)
}

/** The number that `text` starts with; undefined where it is none. */
function numberOf(text: string): number | undefined {
  const scanner = scannerOf(text)
  const into = new Float64Array(1)
  return scanner.number(into, 0) && scanner.at === scanner.end ? into[0] : undefined
}

function parsed(text: string): number | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const NUMBERS = [
  ...['0', '-0', '0.0', '-0.00', '7', '-12', '0.1', '1.5e3', '2E-2', '1e+2', '123456789012345678'],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '9007199254740993.0'],
  ...[
    '0.9983614683151245',
    '258.1500244140625',
    '1e22',
    '1e23',
    '1e-22',
    '1e-23',
    '5e-324',
    '1e999',
  ],
  ...['1.7976931348623157e308', '2.2250738585072011e-308', '0.000000000000000000000000000001'],
  ...['9007199254740993e-1', '1.00000000000000011102230246251565', '4503599627370497.5'],
]
test('numbers are those of JSON.parse', (t) => {
  for (const text of NUMBERS) t.is(numberOf(text), JSON.parse(text), text)
})

test('a number of any length is that of JSON.parse', (t) => {
  const digits = (maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength })
  const property = fc.property(
    fc.boolean(),
    fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.integer({ min: 1, max: 9 }), digits(22)).map((p) => p.join('')),
    ),
    fc.option(digits(25)),
    fc.option(fc.integer({ min: -40, max: 40 })),
    (isNegative, whole, fraction, exponent) => {
      const text =
        (isNegative ? '-' : '') +
        whole +
        (fraction === null ? '' : `.${fraction}`) +
        (exponent === null ? '' : `e${exponent}`)
      return Object.is(numberOf(text), JSON.parse(text))
    },
  )
  t.notThrows(() => fc.assert(property, { numRuns: 20_000 }))
})

test('doubles and floats come back as they were written', (t) => {
  const written = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -2000, max: 2000, noNaN: true }),
    // as Python writes a float32
    fc.double({ min: -2000, max: 2000, noNaN: true }).map(Math.fround),
  )
  const property = fc.property(written, (value) => numberOf(String(value)) === value)
  t.notThrows(() => fc.assert(property, { numRuns: 30_000 }))
})

test('a decimal half way between two doubles is rounded to even, and its neighbours away from it', (t) => {
  for (let i = 0; i < 2000; i++) {
    // Half way between doubles, as it needs 54 bits
    const odd = 2n ** 53n + BigInt(i) * 8_191n * 2n + 1n
    for (const [offset, power] of [-1n, 0n, 1n].flatMap((o) =>
      [1, 2, 4].map((p) => [o, p] as const),
    )) {
      // odd / 2 ** power, in units of 10 ** -power
      const tenths = odd * 5n ** BigInt(power) + offset
      const digits = tenths.toString()
      const text = `${digits.slice(0, -power)}.${digits.slice(-power)}`
      t.is(numberOf(text), JSON.parse(text), text)
    }
  }
})

test('a decimal as near to half way as 17 digits can be is rounded right', (t) => {
  const fives = 5n ** 22n
  for (let shift = 46n; shift < 54n; shift++)
    for (const difference of [-1n, 1n]) {
      // digits * 2 ** shift = half * 5 ** 22 + difference, so that digits / 10 ** 22 is half / 2 **
      // (shift + 22), nearly
      const inverse = powerModulo((fives + 1n) / 2n, shift, fives)
      let digits = (((inverse * difference) % fives) + fives) % fives
      for (let i = 0; i < 40; i++, digits += fives) {
        const half = (digits * 2n ** shift - difference) / fives
        // Half way it has 54 bits
        if (half % 2n === 0n || half < 2n ** 53n || half >= 2n ** 54n) continue
        const text = `${digits}e-22`
        t.is(numberOf(text), JSON.parse(text), text)
      }
    }
})

function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = 1n
  for (let i = 0n; i < exponent; i++) power = (power * base) % modulus
  return power
}

test('what is no number for JSON.parse is none here', (t) => {
  const property = fc.property(
    fc.string({ unit: fc.constantFrom(...'0123456789.-+eE'), minLength: 1, maxLength: 7 }),
    (text) => Object.is(numberOf(text), parsed(text)),
  )
  t.notThrows(() => fc.assert(property, { numRuns: 20_000 }))
})

test('NaN and Infinity are numbers, as for Python, unless the scanner is strict', (t) => {
  t.is(numberOf('NaN'), Number.NaN)
  t.is(numberOf('Infinity'), Number.POSITIVE_INFINITY)
  t.is(numberOf('-Infinity'), Number.NEGATIVE_INFINITY)
  for (const text of ['nan', 'NaNs', 'Infinit', '-NaN', '+Infinity', 'inf'])
    t.is(numberOf(text), undefined)
  const strict = scannerOf('NaN')
  strict.isStrict = true
  t.false(strict.number(new Float64Array(1), 0))
})

test('a string ends at its closing quote, and is plain where its bytes are its characters', (t) => {
  for (const [text, isPlain] of [
    ['"abc"', true],
    ['""', true],
    ['"a\\"b\\\\"', false],
    ['"\\u00e9\\n"', false],
    ['"é€😀"', false],
  ] as const) {
    const scanner = scannerOf(`${text} "`)
    t.true(scanner.text(), text)
    t.is(scanner.at, new TextEncoder().encode(text).length, text)
    t.is(scanner.isPlain, isPlain, text)
  }
})

test('a string is refused where JSON.parse refuses it, at the character that is wrong', (t) => {
  for (const [text, at, expected] of [
    ['"a\nb"', 2, 'an escape such as "\\n"'],
    ['"a\tb"', 2, 'an escape such as "\\n"'],
    ['"a\\xb"', 2, 'an escape that JSON has, such as "\\n" or "\\u000a"'],
    ['"\\u12g4"', 1, 'an escape that JSON has, such as "\\n" or "\\u000a"'],
    ['"abc', 4, 'a closing quote'],
    ['"abc\\', 5, 'a closing quote'],
    ['"abc\\u12', 8, 'a closing quote'],
  ] as const) {
    t.is(parsed(text), undefined, text)
    const scanner = scannerOf(text)
    t.false(scanner.text(), text)
    t.deepEqual([scanner.at, scanner.expected], [at, expected], text)
  }
})

/** Whether bytes are UTF-8 for the decoder that comes with the system. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

test('bytes of a string are refused unless they are UTF-8', (t) => {
  const byte = fc.oneof(
    fc.integer({ min: 0x80, max: 0xff }),
    fc.constantFrom(
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0x7f,
      0x80,
      0x9f,
      0xa0,
      0xbf,
    ),
  )
  const property = fc.property(fc.array(byte, { maxLength: 6 }), (inner) => {
    const bytes = Uint8Array.from([0x22, ...inner, 0x22, ...new Array(16).fill(0)])
    return new Scanner(bytes, inner.length + 2).text() === isUtf8(Uint8Array.from(inner))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 50_000 }))
})

test('lines and columns are counted through tabs, wide characters and all line breaks of JSON', (t) => {
  const scanner = scannerOf(' \r\n\t\n  "é😀"  ]')
  scanner.space()
  t.deepEqual([scanner.line, scanner.at - scanner.lineStart], [3, 2])
  scanner.text()
  scanner.space()
  t.is(scanner.at - scanner.lineStart - scanner.extraBytes, '  "é😀"  '.length)
})
