import test from 'ava'
import { compressRuns } from '../../source/mask/counts_string.js'
import { MaskFault } from '../../source/mask/mask_fault.js'
import { maskIou } from '../../source/mask/mask_iou.js'
import { MaskTable } from '../../source/mask/mask_table.js'
import { RunList } from '../../source/mask/run_list.js'
import { runsArea } from '../../source/mask/runs_area.js'
import { runsBox } from '../../source/mask/runs_box.js'
import { runsOf } from '../../source/mask/runs_of.js'
import type { Segmentation } from '../../source/mask/segmentation.js'
import { sizeOf } from '../../source/mask/size_of.js'
import { stored } from './stored_masks.js'

const bytesOf = (text: string) => new TextEncoder().encode(text)

const forms: [Segmentation, [number, number]][] = [
  ...stored.lists.map(([size, polygons]): [Segmentation, [number, number]] => [{ polygons }, size]),
  ...stored.encoded.map(([size, , counts]): [Segmentation, [number, number]] => [
    { size, counts: bytesOf(counts) },
    [1, 1],
  ]),
  ...stored.uncompressed.map(([size, runs]): [Segmentation, [number, number]] => [
    { size, runs },
    [1, 1],
  ]),
]

test('the three forms of a segmentation give the same runs', (t) => {
  const imageSize = [6, 8] as const
  const runs = runsOf({ polygons: [[1, 1, 5, 1, 5, 4, 1, 4]] }, imageSize)
  t.deepEqual([...runs], [7, 3, 3, 3, 3, 3, 3, 3, 20])
  t.deepEqual(runsOf({ size: [6, 8], runs: [...runs] }, [1, 1]), runs)
  t.deepEqual(runsOf({ size: [6, 8], counts: bytesOf('73300000a0') }, [1, 1]), runs)
})

test('polygons have the size of the image, the others their own', (t) => {
  t.deepEqual(sizeOf({ polygons: [[0, 0, 1, 0, 1, 1]] }, [6, 8]), [6, 8])
  t.deepEqual(sizeOf({ size: [1, 2], runs: [2] }, [6, 8]), [1, 2])
  t.deepEqual(sizeOf({ size: [1, 2], counts: bytesOf('2') }, [6, 8]), [1, 2])
})

test('a table holds what runsOf, runsArea and runsBox give, again after it was cleared', (t) => {
  const table = new MaskTable()
  for (const round of [forms, forms.toReversed()]) {
    table.clear()
    for (const [segmentation, imageSize] of round) table.add(segmentation, imageSize)
    t.is(table.length, round.length)
    for (const [row, [segmentation, imageSize]] of round.entries()) {
      const expected = runsOf(segmentation, imageSize)
      const [height, width] = sizeOf(segmentation, imageSize)
      const { runs, from, to } = table.runs(row)
      t.deepEqual(runs.slice(from, to), expected)
      t.deepEqual([table.heights[row], table.widths[row]], [height, width])
      t.is(table.areas[row], runsArea(expected))
      t.deepEqual([...table.boxesXywh.subarray(4 * row, 4 * row + 4)], runsBox(expected, height))
    }
  }
})

test('a table takes counts as text and as bytes', (t) => {
  const table = new MaskTable()
  table.addCounts('73300000a0', [6, 8])
  table.addCounts(bytesOf('73300000a0'), [6, 8])
  t.deepEqual([...table.areas.subarray(0, 2)], [12, 12])
})

test('a mask that is refused leaves the table as it was', (t) => {
  const table = new MaskTable()
  table.addCounts('15', [2, 3])
  t.throws(() => table.addCounts('16', [2, 3]), { instanceOf: MaskFault })
  t.throws(() => table.add({ polygons: [[0, 0, 2, 0, 2, Number.NaN]] }, [9, 9]), {
    instanceOf: MaskFault,
  })
  t.throws(() => table.add({ size: [2, 3], runs: [1, 4, -1, 2] }, [9, 9]), {
    instanceOf: MaskFault,
  })
  t.throws(() => table.addCounts('25', [2, 3]), { instanceOf: MaskFault })
  table.addCounts('33', [2, 3])
  t.is(table.length, 2)
  const ious = new Float64Array(4)
  maskIou(table, table, new Uint8Array(2), ious)
  t.deepEqual([...ious], [1, 3 / 5, 3 / 5, 1])
})

test('a list that had to grow much is small again when it is cleared', (t) => {
  const list = new RunList()
  list.reserve(2 ** 23)
  t.true(list.runs.length >= 2 ** 23)
  list.clear()
  t.true(list.runs.length < 2 ** 23)
})

test('a union of many polygons is that of its parts, whatever their order', (t) => {
  const squares = Array.from({ length: 100 }, (_, i) => {
    const [x, y] = [7 * (i % 10), 6 * Math.floor(i / 10)]
    return [x, y, x + 5, y, x + 5, y + 4, x, y + 4]
  })
  const runs = runsOf({ polygons: squares }, [60, 70])
  t.is(runsArea(runs), 100 * 5 * 4)
  t.is(compressRuns(runsOf({ polygons: squares.toReversed() }, [60, 70])), compressRuns(runs))
})

const polygon = [0, 0, 5, 0, 5, 5]
const faults: [title: string, segmentation: unknown, message: string][] = [
  [
    'a coordinate in the second polygon',
    { polygons: [polygon, [0, 0, Number.NaN, 0, 5, 5]] },
    'the mask has the coordinate NaN at [2], in polygon [1]; coordinates are numbers of pixels, within 429 million of 0',
  ],
  ['no polygons', { polygons: [] }, 'the mask has no polygons; give it one, x1 y1 x2 y2 x3 y3 ...'],
  [
    'a flat polygon',
    { polygons: polygon },
    'the mask has 0 as polygon [0]; a polygon is a list of numbers x1 y1 x2 y2 x3 y3 ...',
  ],
  [
    'text for a run',
    { size: [2, 3], runs: ['6'] },
    'the mask has "6" as run [0]; a run is a whole number of pixels, 0 to 2^32 - 1',
  ],
  [
    'runs without a size',
    { size: [6], runs: [6] },
    'the mask has the size [6]; a size is [height, width], whole numbers, with fewer than 2^32 pixels in all',
  ],
]

for (const [title, segmentation, message] of faults)
  test(`${title} is a MaskFault, which says what and how to repair it`, (t) => {
    t.throws(() => runsOf(segmentation as Segmentation, [9, 9]), { instanceOf: MaskFault, message })
  })
