import type { BenchmarkRow } from '../deploy/benchmark.js'

/** Benchmark rows in aligned columns, a line each, under a line of names. */
export function benchmarkTable(rows: readonly BenchmarkRow[]): string[] {
  const cells = rows.map(({ config, form, device, shape, batch, latencyMs, fps, ...counts }) => [
    config,
    form,
    device,
    shape.join('x'),
    String(batch),
    latencyMs.median.toFixed(1),
    latencyMs.p95.toFixed(1),
    fps.toFixed(2),
    counts.paramsM.toFixed(2),
    counts.gmacs.toFixed(2),
  ])
  const head = ['config', 'form', 'device', 'shape', 'batch', 'ms', 'p95 ms', 'fps', 'M', 'GMACs']
  const lines = [head, ...cells]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines.map((line) => {
    const padded = line.map((cell, column) => cell.padEnd(widths[column]))
    return padded.join('  ').trimEnd()
  })
}
