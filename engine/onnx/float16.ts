const bits = new Uint32Array(1)
const number = new Float32Array(bits.buffer)

/** The float16 infinity, without its sign: exponent of ones, fraction of zeros. */
const INFINITY = 0x7c00

/**
 * Narrows numbers to IEEE half precision: to the nearest one, of two equally near ones to that with
 * an even last bit. What is 65520 or more becomes infinity, what is at most 2^-25 zero.
 *
 * @returns each number's 16 bits: sign, 5 of exponent, 10 of fraction.
 */
export function toFloat16(numbers: ArrayLike<number>): Uint16Array {
  const result = new Uint16Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) result[i] = float16Of(numbers[i])
  return result
}

function float16Of(value: number): number {
  number[0] = value
  const sign = (bits[0] >>> 16) & 0x8000
  const magnitude = bits[0] & 0x7fffffff // 8 of exponent, 23 of fraction
  if (magnitude > 0x7f800000) return sign | INFINITY | 0x200 // not a number
  const exponent = (magnitude >>> 23) - 127
  if (exponent > 15) return sign | INFINITY
  if (exponent < -25) return sign
  const fraction = (magnitude & 0x7fffff) | 0x800000 // with the leading one
  // Subnormal numbers have no exponent, and so the fewer digits the smaller they are.
  const dropped = exponent < -14 ? -1 - exponent : 13
  const kept = roundedShift(fraction, dropped)
  // A leading one, kept or come by rounding, counts one exponent up, as the sum of both parts has
  // it.
  return sign | (exponent < -14 ? kept : ((exponent + 14) << 10) + kept)
}

/** `value / 2^count`, to the nearest integer, of two equally near ones the even one. */
function roundedShift(value: number, count: number): number {
  const kept = value >>> count
  const rest = value & ((1 << count) - 1)
  const half = 1 << (count - 1)
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept
}
