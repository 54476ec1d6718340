/**
 * `count` evenly spaced numbers from `start` to `stop`, both included, with the roundings of
 * `numpy.linspace`.
 *
 * They matter: `linspace(0.5, 0.95, 10)[8]` is 0.8999999999999999, and thresholds are selected by
 * equality.
 *
 * @param count at least 2.
 */
export function linspace(start: number, stop: number, count: number): number[] {
  const step = (stop - start) / (count - 1)
  const values = Array.from({ length: count }, (_, i) => i * step + start)
  values[count - 1] = stop
  return values
}
