import test from 'ava'
import { blendValue } from '../../../datasets/pixels/blend.js'

test('a blended value is cut to a whole number', (t) => {
  t.is(blendValue(10, 13, 0.5), 11)
  t.is(blendValue(13, 10, 0.5), 11)
})

test('factors 0 and 1 give both ends, larger ones are limited', (t) => {
  for (let value = 0; value < 256; value++) {
    t.is(blendValue(100, value, 0), 100)
    t.is(blendValue(100, value, 1), value)
  }
  t.is(blendValue(100, 200, 2), 255)
  t.is(blendValue(100, 40, 2), 0)
})

test('sums are those of 32-bit floats', (t) => {
  // 100 x 0.29 is 28.999999999999996 in 64 bits.
  t.is(blendValue(0, 100, Math.fround(0.29)), 29)
})
