import { median } from './time_in_turns.js'

/** Largest less smallest, in shares of the middle one; null where there is nothing to compare. */
export function spreadOf(values: readonly number[]): number | null {
  if (values.length < 2) return null
  return (Math.max(...values) - Math.min(...values)) / median(values)
}

/** Whether repeats with this spread may be called a result. */
export function isWithin(spread: number | null, most: number): boolean {
  return spread !== null && spread <= most
}

/** `spread 1.2 %`, or why it is no result. */
export function describeSpread(spread: number | null, isResult: boolean): string {
  if (spread === null) return 'not a result: one repeat has no spread'
  const text = `spread ${(100 * spread).toFixed(1)} %`
  return isResult ? text : `not a result: ${text}`
}
