/** The small numeric parts: sums, rounding, sorting, thresholds, IoU. */
import test from 'ava'
import { formatFixed } from '../source/evaluate/format_fixed.js'
import { pairwiseSum } from '../source/evaluate/pairwise_sum.js'
import { stableArgsort } from '../source/evaluate/stable_argsort.js'
import { sortIds } from '../source/ids.js'
import { Params } from '../source/index.js'
import { boxIou } from '../source/mask/box_iou.js'
import { readFixture } from './cases.js'

interface NumpyValues {
  sums: [number, number][]
  iouThrs: number[]
  recThrs: number[]
  fixed: [number, number, string][]
}
const numpy = readFixture<NumpyValues>('numpy_values.json')

test('pairwiseSum adds in numpy order, to the last bit', (t) => {
  for (const [n, sum] of numpy.sums) {
    const values = Float64Array.from({ length: n }, (_, i) => ((i * 7919) % 10007) * 0.1)
    t.is(pairwiseSum(values), sum, `${n} values`)
  }
})

test('thresholds are those of numpy.linspace, to the last bit', (t) => {
  const params = new Params('bbox')
  t.deepEqual(params.iouThrs, numpy.iouThrs)
  t.deepEqual(params.recThrs, numpy.recThrs)
  t.is(params.iouThrs[8], 0.8999999999999999)
})

test('formatFixed rounds half to even, as Python prints', (t) => {
  for (const [value, decimals, text] of numpy.fixed)
    t.is(formatFixed(value, decimals), text, `${value} to ${decimals}`)
})

test('stableArgsort sorts as Array.sort does, keeping the order of equal keys', (t) => {
  for (const n of [0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 1000]) {
    const keys = Float64Array.from({ length: n }, (_, i) => (i * 7919) % 37)
    const positions = [...keys.keys()]
    const expected = positions.toSorted((a, b) => keys[a] - keys[b])
    t.deepEqual([...stableArgsort(keys)], expected, `${n} keys`)
    const backwards = Int32Array.from(positions.toReversed())
    t.deepEqual(
      [...stableArgsort(keys, backwards)],
      positions.toReversed().toSorted((a, b) => keys[a] - keys[b]),
      `${n} keys, backwards`,
    )
  }
})

test('stableArgsort takes infinite keys', (t) => {
  const keys = Float64Array.of(1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1)
  t.deepEqual([...stableArgsort(keys)], [2, 0, 3, 1])
})

test('text ids are in order of code points, numbers in order of value', (t) => {
  t.deepEqual(sortIds(['b', '\u{1f600}', '\ufffd', 'a10', 'a9', 'a'], ''), [
    'a',
    'a10',
    'a9',
    'b',
    '\ufffd',
    '\u{1f600}',
  ])
  t.deepEqual(sortIds([10, 9, 2 ** 40, 0.5], ''), [0.5, 9, 10, 2 ** 40])
})

function iou(detection: number[], groundTruth: number[], crowd = 0): number {
  const out = new Float64Array(1)
  boxIou(Float64Array.from(detection), Float64Array.from(groundTruth), Uint8Array.of(crowd), out)
  return out[0]
}

test('IoU by hand: 4 x 4 boxes shifted by 2 share 8 of 24 pixels', (t) => {
  t.is(iou([0, 0, 4, 4], [2, 0, 4, 4]), 8 / 24)
  t.is(iou([2, 0, 4, 4], [0, 0, 4, 4]), 8 / 24)
})

test('against a crowd, IoU is the share of the detection inside it', (t) => {
  t.is(iou([0, 0, 4, 4], [2, 0, 100, 100], 1), 0.5)
  t.is(iou([5, 5, 4, 4], [0, 0, 100, 100], 1), 1)
})

test('boxes that touch, or have no area, have IoU 0', (t) => {
  t.is(iou([0, 0, 4, 4], [4, 0, 4, 4]), 0)
  t.is(iou([0, 0, 4, 4], [0, 4, 4, 4]), 0)
  t.is(iou([1, 1, 0, 2], [1, 1, 0, 2]), 0)
})

test('ious are [detections, ground truths]', (t) => {
  const out = new Float64Array(6).fill(9)
  const detections = Float64Array.of(0, 0, 2, 2, 10, 10, 2, 2)
  const groundTruths = Float64Array.of(0, 0, 2, 2, 50, 50, 2, 2, 10, 10, 2, 2)
  boxIou(detections, groundTruths, new Uint8Array(3), out)
  t.deepEqual([...out], [1, 0, 0, 0, 0, 1])
})
