import test from 'ava'
import fc from 'fast-check'
import { compressRuns, expandCounts } from '../../source/mask/counts_string.js'
import { area, type RLE } from '../../source/mask/index.js'

const bytesOf = (text: string) => new TextEncoder().encode(text)

test('by hand: small runs, and differences from the fourth run on', (t) => {
  t.is(compressRuns(Uint32Array.of(11, 3, 2, 3, 2, 3, 11)), ';320009')
  t.is(compressRuns(Uint32Array.of(0, 1, 10, 3, 2, 3, 2, 3, 11)), '01:2H0009')
  t.is(compressRuns(Uint32Array.of(0, 12)), '0<')
  t.is(compressRuns(Uint32Array.of(12)), '<')
  t.is(compressRuns(Uint32Array.of()), '')
})

test('by hand: 16 and 1000 = 31 * 32 + 8 need one more character for the sign', (t) => {
  t.is(compressRuns(Uint32Array.of(15)), '?')
  t.is(compressRuns(Uint32Array.of(16)), '`0')
  t.is(compressRuns(Uint32Array.of(1000)), 'Xo0')
})

test('expandCounts is the inverse of compressRuns, for runs of all lengths', (t) => {
  const run = fc.oneof(
    fc.nat(40),
    fc.nat(2 ** 20),
    fc.integer({ min: 2 ** 29 - 9, max: 2 ** 29 + 9 }),
    fc.integer({ min: 2 ** 31 - 9, max: 2 ** 31 + 9 }),
    fc.integer({ min: 2 ** 32 - 9, max: 2 ** 32 - 1 }),
  )
  fc.assert(
    fc.property(fc.array(run, { maxLength: 40 }), (runs) => {
      const kept = Uint32Array.from(runs)
      t.deepEqual(expandCounts(bytesOf(compressRuns(kept))), kept)
    }),
  )
})

test('numbers with groups to spare are read', (t) => {
  t.deepEqual([...expandCounts(bytesOf('Q0`P0'))], [1, 16])
})

const faults: [title: string, counts: string, what: string][] = [
  ['a byte past the alphabet', '5p', 'has counts with the byte 112 at 1'],
  ['a byte before the alphabet', '5/', 'has counts with the byte 47 at 1'],
  ['a letter that is not ASCII', '5\u00e9', 'has counts with the byte 233 at 1'],
  ['a letter of more than a byte', '5\u4e00', 'has counts with the byte 0 at 1'],
  ['an end within a number', '5Q', 'has counts that stop within a number'],
  ['a run below 0', '5O', 'has -1 as run [1]'],
  ['a difference to below 0', '0200O', 'has -1 as run [4]'],
  [
    'a number of eight characters',
    'PPPPPPPP',
    'has counts with a number of more than 7 characters',
  ],
  ['a run of 2^33', 'PPPPPP8', 'has 8589934592 as run [0]'],
  ['too few pixels', '54', 'has runs of 9 pixels in all, where its size [2, 5] has 10'],
  ['too many pixels', '56', 'has runs of 11 pixels in all, where its size [2, 5] has 10'],
  ['no runs', '', 'has runs of 0 pixels in all, where its size [2, 5] has 10'],
]

for (const [title, counts, what] of faults)
  test(`counts with ${title} are refused, as text and as bytes`, (t) => {
    const bytes = Uint8Array.from(counts, (letter) => {
      const code = letter.charCodeAt(0)
      return code < 256 ? code : 0
    })
    for (const form of [counts, bytes]) {
      const error = t.throws(() =>
        area([
          { size: [2, 5], counts: '55' },
          { size: [2, 5], counts: form },
        ]),
      )
      t.is(error.name, 'CocoError')
      t.true(error.message.startsWith(`mask.area: rles[1] ${what}; `), error.message)
    }
  })

test('counts of no pixels may be empty', (t) => {
  t.is(area({ size: [0, 5], counts: '' }), 0)
  t.is(area({ size: [0, 5], counts: '0' }), 0)
})

const notMasks: [title: string, rle: unknown, message: string][] = [
  ['a number', 5, 'mask.area: rle is not an RLE; an RLE is { size, counts }'],
  ['null', null, 'mask.area: rle is not an RLE; an RLE is { size, counts }'],
  [
    'run lengths',
    { size: [2, 5], counts: [10] },
    'mask.area: rle has counts that are neither text nor bytes; frPyObjects compresses lists of run lengths',
  ],
  [
    'a mask of half pixels',
    { size: [2.5, 4], counts: ':' },
    'mask.area: rle has the size [2.5, 4]; a size is [height, width], whole numbers, with fewer than 2^32 pixels in all',
  ],
  [
    'a mask of 2^32 pixels',
    { size: [65536, 65536], counts: ':' },
    'mask.area: rle has the size [65536, 65536]; a size is [height, width], whole numbers, with fewer than 2^32 pixels in all',
  ],
  [
    'a mask with text as size',
    { size: 'large', counts: ':' },
    'mask.area: rle has the size "large"; a size is [height, width], whole numbers, with fewer than 2^32 pixels in all',
  ],
]

for (const [title, rle, message] of notMasks)
  test(`${title} in place of a mask is refused`, (t) => {
    t.throws(() => area(rle as RLE), { name: 'CocoError', message })
  })
