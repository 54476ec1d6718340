import test from 'ava'
import fc from 'fast-check'
import {
  area,
  frPyObjects,
  iou,
  merge,
  type RLE,
  type UncompressedRLE,
} from '../../source/mask/index.js'
import { runsIntersection } from '../../source/mask/runs_intersection.js'
import type { NdArray } from '../../source/types.js'
import { anyRles } from './any_mask.js'
import { type Size, stored } from './stored_masks.js'

function rowsOf({ data, shape }: NdArray): number[][] {
  return Array.from({ length: shape[0] }, (_, i) => [
    ...data.subarray(i * shape[1], (i + 1) * shape[1]),
  ])
}

test('IoU of masks is that of pycocotools, of different sizes and with crowds too', (t) => {
  const rlesOf = (side: [Size, string][]) => side.map(([size, counts]): RLE => ({ size, counts }))
  for (const [dt, gt, iscrowd, ious] of stored.mask_ious)
    t.deepEqual(rowsOf(iou(rlesOf(dt), rlesOf(gt), iscrowd)), ious)
})

test('IoU of boxes is that of pycocotools', (t) => {
  for (const [dt, gt, iscrowd, ious] of stored.box_ious)
    t.deepEqual(rowsOf(iou(dt, gt, iscrowd)), ious)
})

test('by hand: columns 1 to 2 and columns 2 to 4 share one of four', (t) => {
  const [a, b]: RLE[] = [
    { size: [3, 5], counts: '366' },
    { size: [3, 5], counts: '69' },
  ]
  t.deepEqual(rowsOf(iou([a], [b], [0])), [[1 / 4]])
  t.deepEqual(rowsOf(iou([a], [b], [1])), [[1 / 2]])
  t.deepEqual(rowsOf(iou([b], [a], [true])), [[1 / 3]])
})

test('masks of different sizes have -1 where their boxes share a pixel, and 0 where they only touch', (t) => {
  const [middle] = frPyObjects([{ size: [5, 5], counts: [12, 1, 12] }], 1, 1) // x = 2, y = 2
  const others = [
    { size: [6, 6], counts: [14, 1, 21] }, // x = 2, y = 2
    { size: [6, 6], counts: [8, 1, 27] }, // x = 1
    { size: [6, 6], counts: [20, 1, 15] }, // x = 3
    { size: [6, 6], counts: [13, 1, 22] }, // y = 1
    { size: [6, 6], counts: [15, 1, 20] }, // y = 3
  ] as UncompressedRLE[]
  const rles = frPyObjects(others, 1, 1)
  t.deepEqual(rowsOf(iou([middle], rles, [0, 0, 0, 0, 0])), [[-1, 0, 0, 0, 0]])
  t.deepEqual(rowsOf(iou(rles, [middle], [0])), [[-1], [0], [0], [0], [0]])
})

test('without crowds, IoU is the same both ways, in 0 ... 1, and 1 with itself', (t) => {
  fc.assert(
    fc.property(anyRles(3), (rles) => {
      const rows = rowsOf(iou(rles, rles, [0, 0, 0]))
      for (const [i, row] of rows.entries())
        for (const [j, value] of row.entries()) {
          t.is(value, rows[j][i])
          t.true(value >= 0 && value <= 1)
          if (i === j) t.is(value, area(rles[i]) > 0 ? 1 : 0)
        }
    }),
  )
})

test('IoU is the area of the intersection by that of the union', (t) => {
  fc.assert(
    fc.property(anyRles(2), ([a, b]) => {
      const shared = area(merge([a, b], true))
      t.is(iou([a], [b], [0]).data[0], shared === 0 ? 0 : shared / area(merge([a, b])))
      t.is(iou([a], [b], [1]).data[0], shared === 0 ? 0 : shared / area(a))
    }),
  )
})

test('without detections or ground truths, the result is empty', (t) => {
  const rle: RLE = { size: [2, 3], counts: '6' }
  t.deepEqual(iou([], [rle, rle], [0, 1]), { data: new Float64Array(0), shape: [0, 2] })
  t.deepEqual(iou([[0, 0, 1, 1]], [], []), { data: new Float64Array(0), shape: [1, 0] })
  t.deepEqual(iou([], [], []), { data: new Float64Array(0), shape: [0, 0] })
})

test('boxes without area have IoU 0, also with themselves', (t) => {
  const boxes = [
    [1, 1, 0, 2],
    [1, 1, 2, 0],
    [1, 1, 0, 0],
  ]
  t.true(iou(boxes, boxes, [0, 1, 0]).data.every((value) => value === 0))
})

test('boxes may be typed arrays', (t) => {
  t.is(iou([Float32Array.of(0, 0, 4, 4)], [[2, 0, 4, 4]], Uint8Array.of(0)).data[0], 8 / 24)
})

test('runsIntersection counts the pixels up to 2^32 - 1', (t) => {
  const all = Uint32Array.of(0, 2 ** 32 - 1)
  const half = Uint32Array.of(2 ** 31, 2 ** 31 - 1)
  const ends = Uint32Array.of(0, 3, 2 ** 32 - 8, 4)
  t.is(runsIntersection(all, all), 2 ** 32 - 1)
  t.is(runsIntersection(all, half), 2 ** 31 - 1)
  t.is(runsIntersection(half, half), 2 ** 31 - 1)
  t.is(runsIntersection(ends, all), 7)
  t.is(runsIntersection(ends, half), 4)
  t.is(runsIntersection(half, ends), 4)
  t.is(runsIntersection(Uint32Array.of(2 ** 32 - 1), all), 0)
  t.is(runsIntersection(new Uint32Array(0), new Uint32Array(0)), 0)
})

test('runsIntersection takes runs of 0 in any place', (t) => {
  const plain = Uint32Array.of(3, 4, 3)
  const parted = Uint32Array.of(0, 0, 3, 1, 0, 2, 0, 0, 0, 1, 0, 0, 3, 0)
  t.is(runsIntersection(plain, parted), 4)
  t.is(runsIntersection(parted, plain), 4)
  t.is(runsIntersection(parted, parted), 4)
  t.is(runsIntersection(plain, plain), 4)
})

const rle: RLE = { size: [2, 3], counts: '15' }
const refused: [title: string, dt: unknown, gt: unknown, iscrowd: unknown, message: string][] = [
  [
    'masks against boxes',
    [rle],
    [[0, 0, 1, 1]],
    [0],
    'mask.iou: dt holds masks, but gt holds boxes; give it one kind',
  ],
  [
    'a mask that is not in a list',
    rle,
    [rle],
    [0],
    'mask.iou: dt is neither a list of masks nor one of boxes; a mask is { size, counts }, a box [x, y, width, height]',
  ],
  [
    'a box of three numbers',
    [rle],
    [[0, 0, 1]],
    [0],
    'mask.iou: gt is neither a list of masks nor one of boxes; a mask is { size, counts }, a box [x, y, width, height]',
  ],
  [
    'fewer crowd flags than ground truths',
    [rle],
    [rle, rle],
    [0],
    'mask.iou: iscrowd has 1 entries for 2 ground truths; give it one for each',
  ],
  ['half a crowd', [rle], [rle], [0.5], 'mask.iou: iscrowd[0] is 0.5; give it 0 or 1'],
  [
    'a box of NaN',
    [[0, 0, Number.NaN, 1]],
    [[0, 0, 1, 1]],
    [0],
    'mask.iou: dt[0] is the box [0, 0, NaN, 1]; a box is four finite numbers [x, y, width, height], the last two not negative',
  ],
  [
    'a box of negative size',
    [[0, 0, 1, 1]],
    [[0, 0, -1, 1]],
    [0],
    'mask.iou: gt[0] is the box [0, 0, -1, 1]; a box is four finite numbers [x, y, width, height], the last two not negative',
  ],
  [
    'a box too small to have an area',
    [[0, 0, 1e-200, 1e-200]],
    [[0, 0, 1, 1]],
    [0],
    'mask.iou: dt[0] is the box [0, 0, 1e-200, 1e-200], past what double precision computes with; give boxes in pixels',
  ],
  [
    'a box too large to have one',
    [[0, 0, 1, 1]],
    [[0, 0, 1e200, 1e200]],
    [0],
    'mask.iou: gt[0] is the box [0, 0, 1e+200, 1e+200], past what double precision computes with; give boxes in pixels',
  ],
  [
    'runs that do not add up',
    [rle],
    [rle, { size: [3, 3], counts: '15' }],
    [0, 0],
    'mask.iou: gt[1] has runs of 6 pixels in all, where its size [3, 3] has 9; repair its counts or its size',
  ],
]

for (const [title, dt, gt, iscrowd, message] of refused)
  test(`${title} is refused`, (t) => {
    t.throws(() => iou(dt as RLE[], gt as RLE[], iscrowd as number[]), {
      name: 'CocoError',
      message,
    })
  })
