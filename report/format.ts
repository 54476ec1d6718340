/** How numbers are written, on the page and in its charts: one rule a kind of number. */

/** Where there is no number, or nothing to measure. */
export const NONE = '–'

const FORMATS = {
  /**
   * AP and AR, 0 to 1, in percent as papers write them: 41.8. -1 is COCO's "nothing to measure".
   */
  ap: (value: number) => (value === -1 ? NONE : (100 * value).toFixed(1)),
  /** Milliseconds, frames a second, millions, billions: three or four significant digits. */
  short: (value: number) => {
    const size = Math.abs(value)
    if (size >= 1000) return grouped(Math.round(value))
    return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3)
  },
  /** Quotients of speeds: 1.08. */
  ratio: (value: number) => value.toFixed(2),
  /** Shares, 0 to 1, in percent: 4.2 %. */
  share: (value: number) => `${(100 * value).toFixed(1)}\u00a0%`,
  loss: (value: number) => (value === 0 ? '0' : Number(value.toPrecision(4)).toString()),
  rate: (value: number) => (value === 0 ? '0' : value.toExponential(2)),
  count: (value: number) => grouped(value),
}

/** The kinds of numbers that there are. */
export type Format = keyof typeof FORMATS

/** A number as it is written; a dash where there is none. */
export function formatNumber(value: number | null | undefined, format: Format): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE
  return FORMATS[format](value)
}

/** A number beside an axis: no more digits than it needs. */
export function formatTick(value: number, format: Format): string {
  if (format === 'ap') return String(Number((100 * value).toFixed(2)))
  if (format === 'count') return Number.isInteger(value) ? grouped(value) : ''
  if (format === 'rate') return value === 0 ? '0' : value.toExponential().replace('e-', 'e\u2212')
  return String(Number(value.toPrecision(4)))
}

/** Thousands apart by a space that does not break. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u00a0')
}
