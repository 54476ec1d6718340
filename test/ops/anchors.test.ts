import test from 'ava'
import { baseAnchors, levelAnchors, octaveScales, pyramidAnchors } from '../../ops/anchors.js'
import { assertClose } from '../helpers/assert_close.js'

const retina = {
  strides: [8, 16, 32, 64, 128],
  scales: octaveScales(4, 3),
  ratios: [0.5, 1, 2],
}

test('base anchors of RetinaNet at stride 8 are those of mmdetection 2.x', (t) => {
  const halves = [
    [22.6274, 11.3137],
    [28.5088, 14.2544],
    [35.9188, 17.9594],
    [16, 16],
    [20.1587, 20.1587],
    [25.3984, 25.3984],
    [11.3137, 22.6274],
    [14.2544, 28.5088],
    [17.9594, 35.9188],
  ]
  const expected = halves.map(([a, b]) => [-a, -b, a, b])
  const base = baseAnchors(8, retina.scales, retina.ratios)
  t.deepEqual(base.shape, [9, 4])
  assertClose(t, base.data, expected, 1e-5) // published to four decimals
})

test('base anchors of the RPN at stride 4 are those of mmdetection 2.x', (t) => {
  const expected = [
    [22.6274, 11.3137],
    [16, 16],
    [11.3137, 22.6274],
  ].map(([a, b]) => [-a, -b, a, b])
  assertClose(t, baseAnchors(4, [8], [0.5, 1, 2]).data, expected, 1e-5)
})

test('an 800 x 1344 input has 201,600 anchors', (t) => {
  const sizes: [number, number][] = [
    [100, 168],
    [50, 84],
    [25, 42],
    [13, 21],
    [7, 11],
  ]
  t.deepEqual(pyramidAnchors(sizes, retina).shape, [201600, 4])
})

test('anchors are ordered by row, column, ratio and scale, and centred on cell corners', (t) => {
  const options = { strides: [10], scales: [1, 2], ratios: [1, 4] }
  const expected = [0, 10].flatMap((y) =>
    [0, 10, 20].flatMap((x) => [
      [x - 5, y - 5, x + 5, y + 5],
      [x - 10, y - 10, x + 10, y + 10],
      [x - 2.5, y - 10, x + 2.5, y + 10],
      [x - 5, y - 20, x + 5, y + 20],
    ]),
  )
  assertClose(t, levelAnchors([2, 3], 0, options).data, expected)
})

test('the anchors of a pyramid are those of its levels, one after the other', (t) => {
  const options = { ...retina, strides: [8, 16] }
  const sizes: [number, number][] = [
    [3, 2],
    [2, 1],
  ]
  const levels = sizes.map((size, level) => levelAnchors(size, level, options))
  t.deepEqual(
    Array.from(pyramidAnchors(sizes, options).data),
    levels.flatMap((level) => Array.from(level.data)),
  )
})

test('a level without cells has no anchors', (t) => {
  t.deepEqual(pyramidAnchors([[0, 5]], retina).shape, [0, 4])
})
