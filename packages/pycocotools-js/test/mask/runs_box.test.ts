import test from 'ava'
import fc from 'fast-check'
import { area, decode, encode, type RLE, toBbox } from '../../source/mask/index.js'
import { runsArea } from '../../source/mask/runs_area.js'
import { runsBox } from '../../source/mask/runs_box.js'
import { anyMasks } from './any_mask.js'
import { stored } from './stored_masks.js'

test('areas and boxes are those of pycocotools', (t) => {
  for (const [size, , counts, pixels, box] of [...stored.encoded, ...stored.large]) {
    t.is(area({ size, counts }), pixels, `${size}: ${counts}`)
    t.deepEqual(toBbox({ size, counts }), box, `${size}: ${counts}`)
  }
})

test('by hand: a run over the end of a column makes the box full height', (t) => {
  t.deepEqual(runsBox(Uint32Array.of(11, 3, 2, 3, 2, 3, 11), 5), [2, 1, 3, 3])
  t.deepEqual(runsBox(Uint32Array.of(4, 2, 24), 5), [0, 0, 2, 5])
  t.is(runsArea(Uint32Array.of(11, 3, 2, 3, 2, 3, 11)), 9)
})

test('runs of 0 have no part in a box', (t) => {
  t.deepEqual(runsBox(Uint32Array.of(1, 0, 6, 2, 20, 0, 1), 5), [1, 2, 1, 2])
})

test('an empty mask has the box [0, 0, 0, 0]', (t) => {
  for (const runs of [[], [30], [5, 0, 25], [0, 0, 30, 0]])
    t.deepEqual(runsBox(Uint32Array.from(runs), 5), [0, 0, 0, 0])
})

test('boxes reach up to 2^32 pixels', (t) => {
  t.deepEqual(runsBox(Uint32Array.of(2 ** 32 - 3, 2), 2 ** 32 - 1), [0, 2 ** 32 - 3, 1, 2])
  t.deepEqual(runsBox(Uint32Array.of(2 ** 32 - 3, 2), 1), [2 ** 32 - 3, 0, 2, 1])
  t.deepEqual(runsBox(Uint32Array.of(1, 2 ** 32 - 3, 1), 65537), [0, 0, 65535, 65537])
})

test('the box is that of the pixels', (t) => {
  fc.assert(
    fc.property(anyMasks(1), ([mask]) => {
      const width = mask.size[1]
      const inside = [...mask.data.keys()].filter((place) => mask.data[place] === 1)
      const columns = inside.map((place) => place % width)
      const rows = inside.map((place) => Math.floor(place / width))
      const [left, top] = [Math.min(...columns), Math.min(...rows)]
      const box = [left, top, Math.max(...columns) - left + 1, Math.max(...rows) - top + 1]
      const rle = encode(mask)
      t.is(area(rle), inside.length)
      t.deepEqual(toBbox(rle), inside.length === 0 ? [0, 0, 0, 0] : box)
    }),
  )
})

test('lists give lists', (t) => {
  const rles: RLE[] = [
    { size: [2, 3], counts: '15' },
    { size: [3, 1], counts: '3' },
  ]
  t.deepEqual(area(rles), [5, 0])
  t.deepEqual(toBbox(rles), [
    [0, 0, 3, 2],
    [0, 0, 0, 0],
  ])
  t.deepEqual(area([]), [])
  t.deepEqual(toBbox([]), [])
  t.is(decode(rles).length, 2)
})
