import test from 'ava'
import fc from 'fast-check'
import { area, decode, merge, type RLE } from '../../source/mask/index.js'
import { anyRles } from './any_mask.js'
import { stored } from './stored_masks.js'

test('unions and intersections are those of pycocotools', (t) => {
  for (const [size, counts, union, intersection] of stored.merges) {
    const rles = counts.map((text): RLE => ({ size, counts: text }))
    t.deepEqual(merge(rles), { size, counts: union })
    t.deepEqual(merge(rles, true), { size, counts: intersection })
  }
})

test('no masks, or masks of different sizes, make one of size [0, 0]', (t) => {
  t.deepEqual(merge([]), { size: [0, 0], counts: '' })
  const wide: RLE = { size: [2, 3], counts: '06' }
  const high: RLE = { size: [3, 2], counts: '06' }
  t.deepEqual(merge([wide, wide, high]), { size: [0, 0], counts: '' })
  t.deepEqual(merge([wide, high], true), { size: [0, 0], counts: '' })
  t.is(area(merge([wide, high])), 0)
})

test('one mask keeps its runs of 0; of two, runs of 0 at one pixel do not end the merge', (t) => {
  const parted: RLE = { size: [1, 10], counts: '5050' } // 5 0 5 0
  t.is(merge([parted]).counts, '5050')
  t.is(merge([parted, parted]).counts, ':')
})

test('a pixel is in the union if it is in any mask, in the intersection if it is in all', (t) => {
  fc.assert(
    fc.property(anyRles(3), (rles) => {
      const masks = decode(rles).map(({ data }) => data)
      const union = masks[0].map((_, i) => Math.max(...masks.map((mask) => mask[i])))
      const intersection = masks[0].map((_, i) => Math.min(...masks.map((mask) => mask[i])))
      t.deepEqual(decode(merge(rles)).data, union)
      t.deepEqual(decode(merge(rles, true)).data, intersection)
    }),
  )
})

test('order and grouping of masks do not matter, nor does a mask given twice', (t) => {
  fc.assert(
    fc.property(anyRles(3), fc.boolean(), ([a, b, c], intersect) => {
      const all = merge([a, b, c], intersect)
      t.deepEqual(merge([c, b, a], intersect), all)
      t.deepEqual(merge([merge([a, b], intersect), c], intersect), all)
      t.deepEqual(merge([a, merge([b, c], intersect)], intersect), all)
      t.deepEqual(merge([a, a], intersect), a)
    }),
  )
})

test('the areas of union and intersection add up to those of two masks', (t) => {
  fc.assert(
    fc.property(anyRles(2), ([a, b]) => {
      t.is(area(merge([a, b])) + area(merge([a, b], true)), area(a) + area(b))
    }),
  )
})

test('what is not a list of masks is refused', (t) => {
  const rle: RLE = { size: [2, 3], counts: '6' }
  t.throws(() => merge(rle as unknown as RLE[]), {
    name: 'CocoError',
    message: 'mask.merge: rles is not a list; merge takes a list of masks',
  })
  t.throws(() => merge([rle, { size: [2, 3], counts: '5' }]), {
    name: 'CocoError',
    message:
      'mask.merge: rles[1] has runs of 5 pixels in all, where its size [2, 3] has 6; repair its counts or its size',
  })
})
