/** One thing measured. */
export interface Figure {
  name: string
  value: number
  unit: 's' | 'MB' | 'x' | '%' | 'wrong' | ''
  /** The most that is allowed. */
  bound?: number
  /** Seconds of the processor, all threads. */
  cpuSeconds?: number
  /** What else there is to know. */
  note?: string
}

export function isOver({ value, bound }: Figure): boolean {
  return bound !== undefined && value > bound
}

/** `PASS  planning an epoch  3.10 s (cpu 3.20 s), at most 5 s` */
export function lineOf(figure: Figure): string {
  const { name, value, unit, bound, cpuSeconds, note } = figure
  const verdict = bound === undefined ? '' : isOver(figure) ? 'OVER' : 'PASS'
  const isWhole = Number.isInteger(value) || (unit === 'MB' && Math.abs(value) >= 10)
  const digits = isWhole ? 0 : 2
  const cpu = cpuSeconds === undefined ? '' : ` (cpu ${cpuSeconds.toFixed(2)} s)`
  const most = bound === undefined ? '' : `, at most ${bound} ${unit}`
  const rest = note === undefined ? '' : `; ${note}`
  return `${verdict.padEnd(4)}  ${name}  ${value.toFixed(digits)} ${unit}${cpu}${most}${rest}`
}
