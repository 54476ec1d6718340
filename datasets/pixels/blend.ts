/**
 * A value on the line through two others: `from` at a factor of 0, `to` at 1, beyond it above 1.
 * Computed in 32-bit floats, cut to a whole number and limited to 0 to 255.
 *
 * Source: as `Image.blend` of Pillow, to the bit.
 *
 * @param factor a 32-bit float (`Math.fround`).
 */
export function blendValue(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(factor * (to - from)))
  if (value <= 0) return 0
  return value >= 255 ? 255 : Math.trunc(value)
}
