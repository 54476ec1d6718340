import test from 'ava'
import { toFloat16 } from '../../engine/onnx/float16.js'
import { float16ToFloat32 } from '../../weights/half_floats.js'

const narrow = (value: number) => toFloat16([value])[0]

test('numbers of float16 keep their bits', (t) => {
  t.is(narrow(0), 0x0000)
  t.is(narrow(-0), 0x8000)
  t.is(narrow(1), 0x3c00)
  t.is(narrow(-2), 0xc000)
  t.is(narrow(65504), 0x7bff) // the largest
  t.is(narrow(2 ** -14), 0x0400) // the smallest of full precision
  t.is(narrow(2 ** -24), 0x0001) // the smallest
  t.is(narrow(1023 * 2 ** -24), 0x03ff) // the largest subnormal one
})

test('numbers between are rounded to the nearest, and to even where two are as near', (t) => {
  t.is(narrow(0.1), 0x2e66)
  t.is(narrow(1 / 3), 0x3555)
  t.is(narrow(1 + 2 ** -11), 0x3c00)
  t.is(narrow(1 + 3 * 2 ** -11), 0x3c02)
  t.is(narrow(1 + 2 ** -11 + 2 ** -20), 0x3c01)
  t.is(narrow(2 - 2 ** -12), 0x4000) // up into the next exponent
  t.is(narrow(1.5 * 2 ** -24), 0x0002)
  t.is(narrow(2 ** -14 - 2 ** -25), 0x0400) // from the subnormal numbers into the others
})

test('what is too small becomes zero, what is too large infinity, with its sign', (t) => {
  t.is(narrow(2 ** -25), 0x0000)
  t.is(narrow(2 ** -25 + 2 ** -40), 0x0001)
  t.is(narrow(-(2 ** -60)), 0x8000)
  t.is(narrow(1e-45), 0x0000) // subnormal in float32
  t.is(narrow(65519), 0x7bff)
  t.is(narrow(65520), 0x7c00)
  t.is(narrow(-1e9), 0xfc00)
  t.is(narrow(Number.POSITIVE_INFINITY), 0x7c00)
})

test('NaN stays NaN', (t) => {
  t.is(narrow(Number.NaN) & 0x7c00, 0x7c00)
  t.not(narrow(Number.NaN) & 0x03ff, 0)
})

test('every float16 that is widened and narrowed is itself', (t) => {
  const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits)
  const isNumber = (bits: number) => (bits & 0x7c00) !== 0x7c00 || (bits & 0x03ff) === 0
  const numbers = all.filter(isNumber)
  t.deepEqual(toFloat16(float16ToFloat32(numbers)), numbers)
})
