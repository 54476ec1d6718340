import test from 'ava'
import fc from 'fast-check'
import { decode, encode, type RLE } from '../../source/mask/index.js'
import { anyMasks, anyRuns } from './any_mask.js'
import { sha256Of } from './sha256_of.js'
import { digitsOf, pixelsOf, stored } from './stored_masks.js'

test('encode gives the strings of pycocotools', (t) => {
  for (const [size, digits, counts] of stored.encoded)
    t.deepEqual(encode({ size, data: pixelsOf(digits) }), { size, counts }, `${size}: ${digits}`)
})

test('decode gives the pixels of pycocotools', (t) => {
  for (const [size, digits, counts] of stored.encoded)
    t.is(digitsOf(decode({ size, counts }).data), digits, `${size}: ${counts}`)
})

test('large masks are decoded to the same pixels, and back to the same strings', (t) => {
  for (const [size, sha256, counts] of stored.large) {
    const mask = decode({ size, counts })
    t.is(sha256Of(mask.data), sha256, String(size))
    t.is(encode(mask).counts, counts, String(size))
  }
})

test('a run ends at each change of value, whatever the values are', (t) => {
  for (const [size, digits, counts] of stored.values)
    t.is(encode({ size, data: pixelsOf(digits) }).counts, counts, `${size}: ${digits}`)
})

test('by hand: rows 1 to 3 and columns 2 to 4 of 5 x 7 pixels', (t) => {
  const digits = ['0000000', '0011100', '0011100', '0011100', '0000000'].join('')
  const rle = { size: [5, 7] as [number, number], counts: ';320009' }
  t.deepEqual(encode({ size: [5, 7], data: pixelsOf(digits) }), rle)
  t.is(digitsOf(decode(rle).data), digits)
  t.is(digitsOf(decode({ size: [5, 7], counts: '01:2H0009' }).data), `1${digits.slice(1)}`)
})

test('decode(encode(masks)) = masks', (t) => {
  fc.assert(fc.property(anyMasks(3), (masks) => void t.deepEqual(decode(encode(masks)), masks)))
})

test('encode(decode(rle)) joins the runs that a run of 0 parts', (t) => {
  fc.assert(
    fc.property(anyRuns, (runs) => {
      const digits = runs.map((run, i) => String(i % 2).repeat(run)).join('')
      const size: [number, number] = [digits.length, 1]
      const mask = { size, data: pixelsOf(digits) }
      t.deepEqual(decode(encode(mask)), mask)
    }),
  )
})

test('masks without rows or columns are one run of 0, at once, however long they are', (t) => {
  const start = process.cpuUsage()
  for (const size of [
    [0, 2 ** 32 - 1],
    [2 ** 32 - 1, 0],
  ] as [number, number][]) {
    const mask = { size, data: new Uint8Array(0) }
    t.is(encode(mask).counts, '0')
    t.deepEqual(decode(encode(mask)), mask)
  }
  t.true(process.cpuUsage(start).user < 5e6) // of the processor, which others may keep busy, too
})

test('an empty list gives an empty list', (t) => {
  t.deepEqual(encode([]), [])
  t.deepEqual(decode([]), [])
})

test('masks of a list may have different sizes', (t) => {
  const rles: RLE[] = [
    { size: [1, 2], counts: '11' },
    { size: [3, 1], counts: '03' },
  ]
  t.deepEqual(
    decode(rles).map(({ data }) => digitsOf(data)),
    ['01', '111'],
  )
})

test('counts may be bytes', (t) => {
  const counts = new TextEncoder().encode(';320009')
  t.deepEqual(decode({ size: [5, 7], counts }), decode({ size: [5, 7], counts: ';320009' }))
})

test('a mask that does not fit its size is refused', (t) => {
  t.throws(() => encode({ size: [2, 3], data: new Uint8Array(5) }), {
    name: 'CocoError',
    message:
      'mask.encode: mask has 5 pixels as data, where its size [2, 3] has 6; give it data of height x width pixels',
  })
  t.throws(() => encode([{ size: [2, 3], data: [0, 0, 0, 0, 0, 0] as unknown as Uint8Array }]), {
    name: 'CocoError',
    message:
      'mask.encode: masks[0] has no Uint8Array as data; give it one of height x width pixels',
  })
  t.throws(() => encode({ size: [2, -3], data: new Uint8Array(6) }), {
    name: 'CocoError',
    message:
      'mask.encode: mask has the size [2, -3]; a size is [height, width], whole numbers, with fewer than 2^32 pixels in all',
  })
})
