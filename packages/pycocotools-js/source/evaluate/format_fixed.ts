/**
 * A number with a fixed count of decimals, as Python prints it: a number exactly half way goes to
 * the even digit.
 *
 * `toFixed` sends it away from zero: 0.0625 prints as 0.063 there, and as 0.062 here.
 *
 * @param value below 1e15 in size.
 */
export function formatFixed(value: number, decimals: number): string {
  // Only multiples of 2^-(decimals + 1) can lie half way, and for them this product is exact.
  const scaled = Math.abs(value) * 10 ** decimals
  const isTie = Number.isInteger(value * 2 ** (decimals + 1)) && scaled - Math.floor(scaled) === 0.5
  if (!isTie) return value.toFixed(decimals)
  const lower = Math.floor(scaled)
  const even = lower % 2 === 0 ? lower : lower + 1
  return ((Math.sign(value) * even) / 10 ** decimals).toFixed(decimals)
}
