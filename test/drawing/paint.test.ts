import test from 'ava'
import { fillRect, paintCoverage, strokeRect } from '../../drawing/paint.js'
import type { RgbImage } from '../../drawing/rgb_image.js'
import { blankImage } from './blank_image.js'

const WHITE = [255, 255, 255] as const

/** Rows of the red channel: 0 as `.`, 255 as `#`, else the tens. */
function rowsOf({ data, width, height }: RgbImage): string[] {
  const sign = (value: number) =>
    value === 0 ? '.' : value === 255 ? '#' : String(Math.floor(value / 100))
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => sign(data[3 * (y * width + x)])).join(''),
  )
}

test('a rectangle reaches to before its right and bottom, and into the picture only', (t) => {
  const image = blankImage(5, 3)
  fillRect(image, { left: 3, top: -2, right: 9, bottom: 2 }, WHITE)
  t.deepEqual(rowsOf(image), ['...##', '...##', '.....'])
})

test('the edge of a rectangle lies inside it, each pixel painted once', (t) => {
  const image = blankImage(6, 5)
  strokeRect(image, { left: 1, top: 0, right: 6, bottom: 5 }, WHITE, { lineWidth: 1, opacity: 0.5 })
  t.deepEqual(rowsOf(image), ['.11111', '.1...1', '.1...1', '.1...1', '.11111'])
})

test('an edge wider than its rectangle fills it and no more', (t) => {
  const image = blankImage(5, 4)
  strokeRect(image, { left: 1, top: 1, right: 4, bottom: 3 }, WHITE, { lineWidth: 9, opacity: 0.5 })
  t.deepEqual(rowsOf(image), ['.....', '.111.', '.111.', '.....'])
})

test('a colour is mixed in by its opacity', (t) => {
  const image = blankImage(1, 1, [100, 0, 200])
  fillRect(image, { left: 0, top: 0, right: 1, bottom: 1 }, [200, 50, 0], 0.25)
  t.deepEqual(Array.from(image.data), [125, 13, 150])
})

test('a shape is painted by its coverage, cut at the edges of the picture', (t) => {
  const image = blankImage(3, 2)
  const coverage = { data: Uint8Array.from([255, 128, 0, 0, 255, 255]), width: 3, height: 2 }
  paintCoverage(image, coverage, { left: 1, top: 0 }, WHITE)
  t.deepEqual(rowsOf(image), ['.#1', '..#'])
  paintCoverage(image, coverage, { left: -2, top: -1 }, WHITE)
  t.deepEqual(rowsOf(image), ['##1', '..#'])
})
