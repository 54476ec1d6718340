export interface TimingOptions {
  /** Timed calls of each function. */
  runs: number
  /** Calls of each before those. */
  warmup: number
  /** Called after each call, those before the timing included. */
  onProgress?(done: number, total: number): void
}

/**
 * Times functions in turn (A B A B ...), so that what slows the machine for a while slows all of
 * them.
 *
 * @returns milliseconds of each timed call, a list for each function. A function that measures
 *   itself returns its milliseconds.
 */
export async function timeInTurns(
  calls: readonly (() => Promise<unknown>)[],
  { runs, warmup, onProgress }: TimingOptions,
): Promise<number[][]> {
  const times: number[][] = calls.map(() => [])
  const total = (warmup + runs) * calls.length
  for (let run = 0; run < warmup + runs; run++) {
    for (const [i, call] of calls.entries()) {
      const startedAt = performance.now()
      const own = await call()
      const taken = typeof own === 'number' ? own : performance.now() - startedAt
      if (run >= warmup) times[i].push(taken)
      onProgress?.(run * calls.length + i + 1, total)
    }
  }
  return times
}

/**
 * The value below which `share` of the others lie, between two neighbours in proportion (NumPy's
 * default).
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.ceil(place)
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
