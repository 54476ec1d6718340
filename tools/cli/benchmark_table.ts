import type {
  BenchmarkMachine,
  BenchmarkRatio,
  BenchmarkRow,
  BenchmarkSettings,
} from '../../benchmark/benchmark_document.js'
import { describeSpread } from '../../benchmark/spread.js'
import { OBJECT_COUNT } from '../../heads/scene/scene_objects.js'

const HEAD = [
  'config',
  'form',
  'device',
  'shape',
  'batch',
  'pre ms',
  'network ms',
  'post ms',
  'ms',
  'p95 ms',
  'fps',
  'MiB',
  'M',
  'GMACs',
  'repeats',
]

/**
 * Benchmark rows in aligned columns, a line each, under a line of names. Parts and `ms` are medians
 * of a batch.
 */
export function benchmarkTable(rows: readonly BenchmarkRow[]): string[] {
  const cells = rows.map((row) => [
    row.config,
    row.form,
    deviceOf(row),
    row.shape.join('x'),
    String(row.batch),
    row.preprocessMs.median.toFixed(1),
    row.networkMs.median.toFixed(1),
    row.postprocessMs.median.toFixed(1),
    row.latencyMs.median.toFixed(1),
    row.latencyMs.p95.toFixed(1),
    row.fps.toFixed(3),
    row.peakMemoryMiB === null ? '-' : row.peakMemoryMiB.toFixed(0),
    row.paramsM.toFixed(2),
    row.gmacs.toFixed(2),
    describeSpread(row.spread, row.isResult),
  ])
  const lines = [HEAD, ...cells]
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines.map((line) => {
    const padded = line.map((cell, column) => cell.padEnd(widths[column]))
    return padded.join('  ').trimEnd()
  })
}

/** `cuda fp16`; fp32 goes without saying. */
function deviceOf({ device, precision = 'fp32' }: BenchmarkRow): string {
  return precision === 'fp32' ? device : `${device} ${precision}`
}

/** What came before the timing, a line for each row. */
export function warmupLines(rows: readonly BenchmarkRow[]): string[] {
  return rows.map(({ config, form, batch, loadMs, warmupMs }) => {
    const runs = warmupMs.map((ms) => ms.toFixed(0)).join(' ')
    return `${config} ${form}, batch ${batch}: load ${loadMs.toFixed(0)} ms, warm-up ${runs || 'none'} ms`
  })
}

/** A line for each ratio, with the published one beside it. */
export function ratioLines(ratios: readonly BenchmarkRatio[]): string[] {
  return ratios.map(({ name, framework, form, batch, fpsRatio, perRepeat, ...rest }) => {
    const each = perRepeat.map((ratio) => ratio.toFixed(3)).join(' ')
    const spread = describeSpread(rest.spread, rest.isResult)
    return (
      `${name}, ${framework}, ${form} form, batch ${batch}: ${fpsRatio.toFixed(3)} ` +
      `(repeats ${each}; ${spread}); published for an A100, 800x1280, batch 1: ${rest.published}`
    )
  })
}

/** What a model is, as far as its parts are timed apart. */
export type TimedKind = 'detector' | 'classifier'

const TIMED: Readonly<Record<TimedKind, readonly string[]>> = {
  detector: [
    'pre: decoded images of 480 x 640, turned for a tall input, are resized and padded by the code of datasets/, on one thread',
    'network: bytes in host memory to raw outputs where they are computed; a second stage runs on fixed RoIs of all sizes',
    `post: best anchors, decoding, suppression, masks pasted, of fixed raw outputs that show ${OBJECT_COUNT} objects; the same for all whose heads agree`,
  ],
  classifier: [
    'pre of classifiers: the middle of decoded images of 480 x 640 is cut out by the code of datasets/, on one thread',
    'network of classifiers: bytes to scores, both in host memory',
    'post of classifiers: the five best classes',
  ],
}

/** The machine, and what is timed on it. */
export function introduction(
  machine: BenchmarkMachine,
  options: BenchmarkSettings,
  kinds: readonly TimedKind[] = ['detector'],
): string[] {
  const { cpu, cores, memoryGiB, os, node, onnxruntime, threads, gpu, driver } = machine
  const { shape, batches, warmup, runs, repeats } = options
  return [
    ...(gpu ? [`${gpu}, driver ${driver}`] : []),
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node.js ${node}, ONNX Runtime ${onnxruntime}, ${threads} threads`,
    `input ${shape.join('x')}, batch ${batches.join(' and ')}; ${repeats} repeats of ${runs} runs in turn, after ${warmup} to warm up`,
    ...[...new Set(kinds)].flatMap((kind) => TIMED[kind]),
  ]
}
