import test from 'ava'
import { paintMask } from '../../drawing/paint_mask.js'
import { blankImage } from './blank_image.js'

const [EDGE, INSIDE] = [200, 100]

function paintedRed(mask: string[], lineWidth = 1): number[][] {
  const size: [number, number] = [mask.length, mask[0].length]
  const image = blankImage(size[1], size[0])
  const data = Uint8Array.from(mask.join(''), (sign) => (sign === '#' ? 1 : 0))
  paintMask(image, { size, data }, [200, 0, 0], { opacity: 0.5, lineWidth })
  return mask.map((row, y) => Array.from(row, (_, x) => image.data[3 * (y * size[1] + x)]))
}

test('the edge of a mask is in its colour, the inside half of it, the rest as it was', (t) => {
  const rows = paintedRed(['.......', '.#####.', '.#####.', '.#####.', '.......'])
  t.deepEqual(rows[0], [0, 0, 0, 0, 0, 0, 0])
  t.deepEqual(rows[1], [0, EDGE, EDGE, EDGE, EDGE, EDGE, 0])
  t.deepEqual(rows[2], [0, EDGE, INSIDE, INSIDE, INSIDE, EDGE, 0])
})

test('an edge runs around holes and along the border of the picture', (t) => {
  const rows = paintedRed(['#####', '#####', '##.##', '#####', '#####'])
  t.deepEqual(rows[0], [EDGE, EDGE, EDGE, EDGE, EDGE])
  t.deepEqual(rows[1], [EDGE, EDGE, EDGE, EDGE, EDGE])
  t.deepEqual(rows[2], [EDGE, EDGE, 0, EDGE, EDGE])
})

test('a wider edge leaves less inside', (t) => {
  const mask = Array.from({ length: 9 }, () => '#########')
  const insideOf = (lineWidth: number) =>
    paintedRed(mask, lineWidth)
      .flat()
      .filter((value) => value === INSIDE).length
  t.is(insideOf(1), 49)
  t.is(insideOf(3), 9)
})

test('an edge is at least one pixel wide', (t) => {
  const mask = ['#####', '#####', '#####']
  t.deepEqual(paintedRed(mask, 0), paintedRed(mask, 1))
})

test('an empty mask changes nothing', (t) => {
  t.true(
    paintedRed(['...', '...'])
      .flat()
      .every((value) => value === 0),
  )
})
