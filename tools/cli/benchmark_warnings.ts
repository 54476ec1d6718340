import type { BenchmarkRatio, BenchmarkRow } from '../../benchmark/benchmark_document.js'
import { describeSpread } from '../../benchmark/spread.js'

/** Processes that want to compute, on average of a minute, from which a machine is not quiet. */
const BUSY = 0.5

export interface BenchmarkOutcome {
  rows: readonly BenchmarkRow[]
  ratios: readonly BenchmarkRatio[]
  /** Processes that wanted to compute before the timing. */
  load: number
}

/** `retinanet_swin_t deploy, batch 1`. */
export function rowName({ config, form, batch }: BenchmarkRow): string {
  return `${config} ${form}, batch ${batch}`
}

/** What a reader should know before believing the numbers, a sentence each. */
export function benchmarkWarnings({ rows, ratios, load }: BenchmarkOutcome): string[] {
  const warnings: string[] = []
  if (rows.some(({ weights }) => weights === 'random')) {
    warnings.push('The weights are random: of these networks, speed does not depend on them.')
  }
  if (load >= BUSY) {
    warnings.push(`The machine was busy before the timing began: load ${load.toFixed(1)}.`)
  }
  for (const row of rows) {
    if (row.isResult) continue
    warnings.push(`${rowName(row)}: ${describeSpread(row.spread, false)}.`)
  }
  for (const { name, framework, form, batch, spread, isResult } of ratios) {
    if (isResult) continue
    const what = `${name}, ${framework}, ${form} form, batch ${batch}`
    warnings.push(`${what}: ${describeSpread(spread, isResult)}.`)
  }
  return warnings
}
