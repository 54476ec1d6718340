import type { BenchmarkDocument, BenchmarkRow } from '../benchmark/benchmark_document.js'
import type { BarChart, ScatterChart, ScatterSeries } from './chart.js'
import type { BenchmarkReport, RunReport } from './document.js'
import { lastAp } from './last_ap.js'
import { PUBLISHED, type PublishedSource } from './published.js'

/** FPS of a benchmark, and its ratios beside the published ones. */
export function benchmarkCharts(
  id: string,
  { rows, ratios, options }: BenchmarkDocument,
): BarChart[] {
  const batches = new Set(rows.map(({ batch }) => batch)).size
  const fps: BarChart = {
    id: `${id}-fps`,
    kind: 'bar',
    title: 'Images a second, this machine',
    caption: `Median of ${options.runs} runs in each of ${options.repeats} repeats; pre-processing, network and post-processing together.`,
    categories: rows.map((row) => rowLabel(row, batches > 1)),
    value: { label: 'images a second', format: 'short' },
    series: [{ label: 'FPS', values: rows.map((row) => row.fps) }],
  }
  const ratio: BarChart = {
    id: `${id}-ratio`,
    kind: 'bar',
    title: 'Speed ratio, measured and published',
    caption:
      'Frames a second of the first detector over the second’s. Past the dashed line the first is faster.',
    categories: ratios.map(({ name, framework, form, batch, isResult }) => [
      framework,
      name,
      ...(form === 'train' ? ['training form'] : []),
      ...(batch > 1 ? [`batch ${batch}`] : []),
      ...(isResult ? [] : ['not a result']),
    ]),
    value: { label: 'ratio of FPS', format: 'ratio' },
    series: [
      { label: 'measured here', values: ratios.map(({ fpsRatio }) => fpsRatio) },
      {
        label: 'published, A100',
        values: ratios.map(({ published }) => published),
        isPublished: true,
      },
    ],
    reference: 1,
  }
  return [fps, ratio].filter(({ categories }) => categories.length > 0)
}

/** FPS as published, from the repository's table. */
export function publishedFpsChart(): BarChart {
  const results = PUBLISHED.filter(({ source }) => source === 'repository')
  return {
    id: 'published-fps',
    kind: 'bar',
    title: 'Images a second, published (A100)',
    caption: 'From the VanillaNet repository. How it was measured is not published.',
    categories: results.map(({ detector, backbone }) => [detector, backbone]),
    value: { label: 'images a second', format: 'short' },
    series: [{ label: 'FPS on an A100', values: results.map(({ fps }) => fps), isPublished: true }],
  }
}

/** FPS against box AP: runs whose name is a benchmark row's config, and published points. */
export function speedAccuracyChart(
  runs: readonly RunReport[],
  benchmarks: readonly BenchmarkReport[],
): ScatterChart {
  const rows = benchmarks.flatMap(({ document }) => document.rows)
  const own = runs.flatMap((run): ScatterSeries[] => {
    const ap = lastAp(run, 'bbox')
    const ofRun = rows.filter(({ config }) => config === run.name)
    if (ap === undefined || ofRun.length === 0) return []
    const points = ofRun.map((row) => ({
      x: row.fps,
      y: ap,
      label: rowLabel(row, true).join(', '),
    }))
    return [{ label: `${run.name}, here`, points }]
  })
  return {
    id: 'speed-accuracy',
    kind: 'scatter',
    title: 'Speed against accuracy',
    caption:
      'Published points: A100, COCO val2017. Points measured here are of this machine and of their own data sets.',
    x: { label: 'images a second (logarithmic scale)', format: 'short', scale: 'logarithmic' },
    y: { label: 'box AP (%)', format: 'ap' },
    series: [...own, publishedSeries('paper'), publishedSeries('repository')],
  }
}

function publishedSeries(source: PublishedSource): ScatterSeries {
  return {
    label: `published (${source})`,
    points: PUBLISHED.filter((result) => result.source === source).map(
      ({ detector, backbone, fps, AP }) => ({ x: fps, y: AP, label: `${detector}, ${backbone}` }),
    ),
    isPublished: true,
  }
}

function rowLabel({ config, form, batch, isResult }: BenchmarkRow, hasBatch: boolean): string[] {
  const details = [
    ...(form === 'train' ? ['training form'] : []),
    ...(hasBatch ? [`batch ${batch}`] : []),
    ...(isResult ? [] : ['not a result']),
  ]
  return details.length === 0 ? [config] : [config, details.join(', ')]
}
