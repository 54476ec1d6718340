/** Longer stretches are halved; shorter ones are added in eight columns. */
const BLOCK = 128

/**
 * The sum in numpy's order: halves of a multiple of 8 down to blocks of 128, each added in eight
 * columns.
 *
 * A plain loop rounds differently, and a mean of 242,400 precisions then differs in its last
 * digits.
 *
 * Source: `pairwise_sum` of numpy's add loop for contiguous float64.
 *
 * @param values `[n]`; 0 if empty.
 */
export function pairwiseSum(values: Float64Array): number {
  const n = values.length
  if (n < 8) return values.reduce((sum, value) => sum + value, 0)
  if (n > BLOCK) {
    const half = Math.floor(n / 2)
    const middle = half - (half % 8)
    return pairwiseSum(values.subarray(0, middle)) + pairwiseSum(values.subarray(middle))
  }

  const columns = values.slice(0, 8)
  const whole = n - (n % 8)
  for (let i = 8; i < whole; i++) columns[i % 8] += values[i]
  const [a, b, c, d, e, f, g, h] = columns
  let sum = a + b + (c + d) + (e + f + (g + h))
  for (let i = whole; i < n; i++) sum += values[i]
  return sum
}
