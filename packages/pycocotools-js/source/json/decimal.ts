import { DIGIT_0, DIGIT_9, MINUS } from './bytes_of_json.js'

/** `10 ** i`, each exact as a double. */
const TENS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

/**
 * `mantissa * 10 ** exponent`, as `Number` rounds it, where both are small enough to be exact; else
 * NaN.
 */
export function smallDecimal(mantissa: number, exponent: number): number {
  if (mantissa >= Number.MAX_SAFE_INTEGER || exponent < -22 || exponent > 22) return Number.NaN
  return exponent < 0 ? mantissa / TENS[-exponent] : mantissa * TENS[exponent]
}

/**
 * The value of a decimal with too many digits for `smallDecimal`, as `Number` rounds it.
 *
 * Python writes a float32 as a double of 17 digits, so that results are full of these, and making a
 * string for `Number` takes three times as long. The digits are divided by the power of ten as two
 * doubles (Dekker 1971) whose error is known; the sum is taken where it rounds alike at both ends
 * of that error.
 *
 * @param start the first byte, a digit or a minus.
 * @param end after the last byte.
 * @param exponent of the digits without their point.
 */
export function longDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  exponent: number,
): number {
  if (exponent >= 0 || exponent < -22) return numberOf(bytes, start, end)
  const isNegative = bytes[start] === MINUS
  let high = 0 // the first 15 digits that count
  let low = 0 // those that follow
  let highDigits = 0
  let lowDigits = 0
  for (let at = isNegative ? start + 1 : start; at < end; at++) {
    const digit = bytes[at] - DIGIT_0
    if (digit < 0) continue // the point
    if (digit > DIGIT_9 - DIGIT_0) break // the exponent
    if (highDigits < 15) {
      high = 10 * high + digit
      if (high > 0) highDigits++
    } else {
      low = 10 * low + digit
      lowDigits++
    }
  }
  if (lowDigits > 15) return numberOf(bytes, start, end)

  // digits = high * 10 ** lowDigits + low = d + rest
  const product = high * TENS[lowDigits]
  const d = product + low
  const rest = low - (d - product) + productError(high, TENS[lowDigits], product)
  // digits / divisor = q + correction
  const divisor = TENS[-exponent]
  const q = d / divisor
  const back = q * divisor
  const correction = (d - back - productError(q, divisor, back) + rest) / divisor
  // Far more than the error, 2^-51 and 2^-104
  const margin = Math.abs(correction) * 1e-14 + q * 1e-31
  const value = q + (correction + margin)
  if (value !== q + (correction - margin)) return numberOf(bytes, start, end)
  return isNegative ? -value : value
}

/** What rounding took from `product = a * b`, exactly (Dekker). */
function productError(a: number, b: number, product: number): number {
  const splitA = 134217729 * a // 2^27 + 1
  const highA = splitA - (splitA - a)
  const lowA = a - highA
  const splitB = 134217729 * b
  const highB = splitB - (splitB - b)
  const lowB = b - highB
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB
}

const decoder = new TextDecoder()

function numberOf(bytes: Uint8Array, start: number, end: number): number {
  return Number(decoder.decode(bytes.subarray(start, end)))
}
