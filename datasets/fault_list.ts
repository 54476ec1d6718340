/** Largest number of faults that are described in words. */
export const SHOWN = 10

/**
 * Faults below the sentence that they are of, a line each: the first ten, and how many more of
 * `count` there are.
 */
export function faultList(faults: readonly string[], count = faults.length): string {
  const lines = faults.slice(0, SHOWN)
  if (count > lines.length) lines.push(`and ${count - lines.length} more`)
  return lines.map((line) => `\n  ${line}`).join('')
}
