/** @returns the number of pixels of a mask: the sum of every second of its runs. */
export function runsArea(runs: Uint32Array, from = 0, to = runs.length): number {
  let area = 0
  for (let i = from + 1; i < to; i += 2) area += runs[i]
  return area
}
