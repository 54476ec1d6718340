import test from 'ava'
import * as mask from '../../source/mask/index.js'
import { type BinaryMask, decode, frPyObjects, type RLE } from '../../source/mask/index.js'
import { warningsOf } from '../warnings_of.js'
import { digitsOf, stored } from './stored_masks.js'

test('run lengths give the strings, pixels, areas and boxes of pycocotools', (t) => {
  for (const [size, counts, digits, text, area, box] of stored.uncompressed) {
    const rle = frPyObjects({ size, counts }, 1, 1)
    t.deepEqual(rle, { size, counts: text }, `${size}: ${counts}`)
    t.is(digitsOf(decode(rle).data), digits, `${size}: ${counts}`)
    t.is(mask.area(rle), area, `${size}: ${counts}`)
    t.deepEqual(mask.toBbox(rle), box ?? [0, 0, 0, 0], `${size}: ${counts}`)
  }
})

test('a list gives a list, one object gives one mask', (t) => {
  const runs = { size: [6, 8] as [number, number], counts: [40, 8] }
  t.deepEqual(frPyObjects(runs, 1, 1), { size: [6, 8], counts: 'X18' })
  t.deepEqual(frPyObjects([runs, runs], 1, 1), [
    { size: [6, 8], counts: 'X18' },
    { size: [6, 8], counts: 'X18' },
  ])
  const corners = [1, 1, 5, 1, 5, 4, 1, 4]
  t.is(frPyObjects(corners, 6, 8).counts, '73300000a0')
  t.is(frPyObjects(Float32Array.from(corners), 6, 8).counts, '73300000a0')
  t.is(frPyObjects([corners], 6, 8)[0].counts, '73300000a0')
  t.is(frPyObjects([1, 1, 4, 3], 6, 8).counts, '73300000a0')
})

test('the first entry of a list decides: after a polygon, 4 numbers are an empty one', (t) => {
  const polygon = [1, 1, 5, 1, 5, 5]
  t.deepEqual(
    frPyObjects([polygon, [1, 2, 3, 4], [1, 2, 3], [1, 2], [1], []], 6, 8).map(
      ({ counts }) => counts,
    ),
    ['=151O1`0', '`1', '`1', '`1', '`1', '`1'],
  )
})

test('a first polygon of 4 numbers is read as a box, which is said once', (t) => {
  let boxes: RLE[] = []
  const warnings = warningsOf(() => {
    boxes = frPyObjects([[1, 1, 3, 2]], 6, 8)
    frPyObjects(
      [
        [1, 1, 3, 2],
        [0, 0, 1, 1],
      ],
      6,
      8,
    )
  })
  t.is(boxes[0].counts, '724000g0')
  t.deepEqual(warnings, [
    'pycocotools-js: a polygon of 4 numbers is read as a box [x, y, width, height], as pycocotools reads numpy arrays; a polygon has 6 numbers or more',
  ])
})

test('one box gives no warning', (t) => {
  t.deepEqual(
    warningsOf(() => frPyObjects([1, 1, 3, 2], 6, 8)),
    [],
  )
})

test('what pycocotools does not take is refused here too, with a CocoError', (t) => {
  const functions = mask as unknown as Record<string, (...values: unknown[]) => unknown>
  for (const [name, values] of stored.rejected)
    t.throws(
      () => functions[name](...values),
      { name: 'CocoError' },
      `${name} ${JSON.stringify(values)}`,
    )
})

const size: [number, number] = [2, 3]
const refused: [title: string, object: unknown, message: string][] = [
  ['an empty list', [], 'the list has no polygons; give it one, x1 y1 x2 y2 x3 y3 ...'],
  [
    'a polygon of 3 numbers',
    [[1, 2, 3]],
    'the list has a first polygon of 3 numbers; a polygon has 6 numbers or more, x1 y1 x2 y2 x3 y3 ...',
  ],
  [
    'a flat list of 3 numbers',
    [1, 2, 3],
    'the object has 3 numbers; a box has 4, [x, y, width, height], a polygon 6 or more, x1 y1 x2 y2 x3 y3 ...',
  ],
  [
    'polygons after a box',
    [
      [1, 1, 5, 1],
      [1, 1, 5, 1, 5, 5],
    ],
    'the list has a first polygon of 4 numbers, which is read as a box, and another of 6; use polygons of 6 numbers or more, or boxes only',
  ],
  [
    'run lengths among polygons',
    [[1, 1, 5, 1, 5, 5], { size, counts: [6] }],
    'the list has an object as polygon [1]; a polygon is a list of numbers x1 y1 x2 y2 x3 y3 ...',
  ],
  [
    'polygons among run lengths',
    [{ size, counts: [6] }, [1, 1, 5, 1, 5, 5]],
    'objects[1] has no size and counts; use one kind of object in a list',
  ],
  [
    'text',
    'polygon',
    'the object is neither a list nor run lengths; use polygons, boxes or { size, counts }',
  ],
  [
    'a compressed mask',
    { size, counts: '6' },
    'the object has counts that are not run lengths; give it a list of numbers; compressed counts need no frPyObjects',
  ],
  [
    'a mask compressed to bytes',
    { size, counts: Uint8Array.of(54) },
    'the object has counts that are not run lengths; give it a list of numbers; compressed counts need no frPyObjects',
  ],
  [
    'a negative run',
    { size, counts: [7, -1] },
    'the object has -1 as run [1]; a run is a whole number of pixels, 0 to 2^32 - 1',
  ],
  [
    'half a run',
    [{ size, counts: [5.5, 0.5] }],
    'objects[0] has 5.5 as run [0]; a run is a whole number of pixels, 0 to 2^32 - 1',
  ],
  [
    'a run of 2^32',
    { size, counts: [2 ** 32] },
    'the object has 4294967296 as run [0]; a run is a whole number of pixels, 0 to 2^32 - 1',
  ],
  [
    'runs that are too short',
    { size, counts: [5] },
    'the object has runs of 5 pixels in all, where its size [2, 3] has 6; repair its counts or its size',
  ],
  [
    'runs that are too long',
    { size, counts: [5, 2] },
    'the object has runs of 7 pixels in all, where its size [2, 3] has 6; repair its counts or its size',
  ],
]

for (const [title, object, message] of refused)
  test(`${title} is refused`, (t) => {
    t.throws(() => frPyObjects(object as number[], 6, 8), {
      name: 'CocoError',
      message: `mask.frPyObjects: ${message}`,
    })
  })

test('an image size that is none is refused', (t) => {
  t.throws(() => frPyObjects([[1, 1, 5, 1, 5, 5]], -6, 8), {
    name: 'CocoError',
    message:
      'mask.frPyObjects: the image has the size [-6, 8]; a size is [height, width], whole numbers, with fewer than 2^32 pixels in all',
  })
})

test('the types tell one from many', (t) => {
  const one: RLE<string> = frPyObjects([0, 0, 2, 2], 3, 3)
  const many: RLE<string>[] = frPyObjects([[0, 0, 2, 0, 2, 2]], 3, 3)
  const pixels: BinaryMask = decode(one)
  t.is(decode(many).length + pixels.size.length, 3)
})
