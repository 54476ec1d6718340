import type { BenchmarkDocument, BenchmarkRow } from '../../benchmark/benchmark_document.js'

/** A benchmark that was never run: numbers that no other place of a report has. */
export function benchmarkDocument(): BenchmarkDocument {
  return {
    machine: {
      ...{ cpu: 'A processor <b>', cores: 2, memoryGiB: 15.5, os: 'Linux 6' },
      ...{ node: '20.0.0', onnxruntime: '1.29.0', threads: 2 },
    },
    options: {
      ...{ shape: [800, 1280] as const, batches: [1], warmup: 2 },
      ...{ runs: 7, repeats: 3, seed: 0, maxSpread: 0.05 },
    },
    rows: [
      row({ config: 'retinanet_vanilla13', backbone: 'VanillaNet-13', fps: 0.5125 }),
      row({ config: 'retinanet_swin_t', backbone: 'Swin-T', fps: 0.641, isResult: false }),
      row({ config: 'first', backbone: 'VanillaNet', fps: 41.37 }),
    ],
    ratios: [
      {
        ...{ name: 'VanillaNet-13 / Swin-T', framework: 'RetinaNet', form: 'deploy', batch: 1 },
        configs: ['retinanet_vanilla13', 'retinanet_swin_t'],
        ...{ fpsRatio: 0.7995, perRepeat: [0.75, 0.7995, 0.83], spread: 0.1, isResult: false },
        published: 29.8 / 27.5,
      },
    ],
    warnings: ['Weights are random.'],
  }
}

function row(values: Partial<BenchmarkRow> & { fps: number }): BenchmarkRow {
  const median = 1000 / values.fps
  return {
    ...{ config: '', framework: 'RetinaNet', backbone: '', form: 'deploy', device: 'cpu' },
    ...{ shape: [800, 1280], batch: 1, threads: 2, weights: 'random', loadMs: 1234 },
    warmupMs: [2 * median, median],
    preprocessMs: { median: 14.25, p95: 16 },
    networkMs: { median: median - 40, p95: median },
    postprocessMs: { median: 25.75, p95: 30 },
    latencyMs: { median, p95: 1.1 * median },
    repeats: [{ median }],
    ...{ spread: 0.02, isResult: true, detections: 20, peakMemoryMiB: null },
    ...{ paramsM: 75.376, gmacs: 408.42 },
    ...values,
  }
}
