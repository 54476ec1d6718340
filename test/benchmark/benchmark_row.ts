import type { BenchmarkRow } from '../../benchmark/benchmark_document.js'
import { isWithin, spreadOf } from '../../benchmark/spread.js'
import { median } from '../../benchmark/time_in_turns.js'

/** A row as `benchmark` makes it, of repeats with these medians. */
export function benchmarkRow(parts: Partial<BenchmarkRow>, medians: number[]): BenchmarkRow {
  const middle = median(medians)
  const times = { median: middle, p95: middle }
  const spread = spreadOf(medians)
  return {
    config: 'some_config',
    framework: 'RetinaNet',
    backbone: 'VanillaNet',
    form: 'deploy',
    device: 'cpu',
    shape: [800, 1280],
    batch: 1,
    threads: 2,
    weights: 'random',
    loadMs: 1000,
    warmupMs: [150, 120],
    preprocessMs: times,
    networkMs: times,
    postprocessMs: times,
    latencyMs: times,
    fps: 1000 / middle,
    repeats: medians.map((median) => ({ median })),
    spread,
    isResult: isWithin(spread, 0.05),
    detections: 20,
    peakMemoryMiB: null,
    paramsM: 1,
    gmacs: 2,
    ...parts,
  }
}
