import type {
  BenchmarkDocument,
  BenchmarkRatio,
  BenchmarkRow,
} from '../../benchmark/benchmark_document.js'
import type { BenchmarkReport, ReportDocument } from '../document.js'
import { formatNumber } from '../format.js'
import { type Html, html } from '../html.js'
import { PUBLISHED_SOURCES, type PublishedResult } from '../published.js'
import { chartFigure, chartGrid, numberCell, numberHeader, scrolling } from './chart_figure.js'
import { factsList, machineFacts } from './machine_facts.js'
import { notesList } from './notes.js'

/** What was timed here, and beside it what was published. */
export function speedSection({ benchmarks, published, comparison }: ReportDocument): Html {
  const chart = (id: string) =>
    comparison.charts.filter((chart) => chart.id === id).map(chartFigure)
  const none =
    'No benchmark is in this report: npx vanilladet benchmark CONFIG... --json > FILE.json makes one, and --benchmark FILE.json adds it.'
  return html`<section id="speed"><h2>Speed</h2>
${benchmarks.length === 0 && notesList([none])}
${benchmarks.map((report, i) => benchmarkBlock(report, published, i + 1))}
<h3>Published, on an A100</h3>
<div class="charts">${chart('published-fps')}${chart('speed-accuracy')}</div>
${notesList(comparison.notes)}
${publishedTable(published)}
</section>`
}

function benchmarkBlock(
  { file, document, charts }: BenchmarkReport,
  published: readonly PublishedResult[],
  number: number,
): Html {
  const { machine, options, rows, ratios, warnings } = document
  const facts: [string, string][] = [
    ...machineFacts(machine),
    ['input', `${options.shape.join(' × ')} pixels, batch ${options.batches.join(', ')}`],
    [
      'timing',
      `${options.repeats} repeats of ${options.runs} runs after ${options.warmup} to warm up, taking turns`,
    ],
    ['file', file],
  ]
  return html`<section id="benchmark-${number}" class="block"><h3>Measured${number > 1 && ` (${number})`}</h3>
${factsList(facts)}
${notesList(warnings)}
${rows.length === 0 && notesList(['This benchmark has no rows.'])}
${chartGrid(charts)}
${ratios.length > 0 ? ratioTable(ratios, options.maxSpread) : html`<p class="note">No ratio: this benchmark timed no two detectors that the paper compares.</p>`}
${rows.length > 0 && rowTable(document, published)}</section>`
}

function ratioTable(ratios: readonly BenchmarkRatio[], maxSpread: number): Html {
  const rows = ratios.map(
    ({ name, framework, form, batch, fpsRatio, perRepeat, spread, isResult, published }) =>
      html`<tr><th scope="row">${framework}</th><td>${name}</td><td>${form}</td>${numberCell(batch, 'count')}
${numberCell(fpsRatio, 'ratio')}${numberCell(published, 'ratio')}${numberCell(spread, 'share')}<td>${perRepeat.map((ratio) => formatNumber(ratio, 'ratio')).join(', ')}</td>
<td>${isResult ? 'yes' : html`<strong class="doubt">no</strong>`}</td></tr>`,
  )
  const limit = formatNumber(maxSpread, 'share')
  return html`${scrolling(
    'Ratios of speed',
    html`<table><thead><tr><th scope="col">detector</th><th scope="col">FPS ratio of</th><th scope="col">form</th>${['batch', 'here', 'published', 'spread'].map(numberHeader)}<th scope="col">each repeat</th><th scope="col">a result?</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}<p class="note">A ratio whose repeats differ by more than ${limit} is no result.</p>`
}

function rowTable({ rows }: BenchmarkDocument, published: readonly PublishedResult[]): Html {
  const numbers = [
    ...['batch', 'FPS', 'A100 FPS', 'total ms', 'p95', 'pre ms', 'network ms', 'post ms'],
    ...['spread', 'load ms', 'memory MiB', 'params M', 'MACs G'],
  ]
  return html`${scrolling(
    'Times of detectors',
    html`<table><thead><tr><th scope="col">config</th><th scope="col">form</th><th scope="col">weights</th>${numbers.map(numberHeader)}</tr></thead>
<tbody>${rows.map((row) => timesRow(row, published))}</tbody></table>`,
  )}<p class="note">Medians, milliseconds a batch; A100 FPS as published for the same model. Memory: the most that was resident in a process of its own.</p>`
}

function timesRow(row: BenchmarkRow, published: readonly PublishedResult[]): Html {
  const theirs =
    row.form === 'deploy' ? published.find(({ config }) => config === row.config) : undefined
  const doubtful = !row.isResult && html` <strong class="doubt">not a result</strong>`
  return html`<tr><th scope="row">${row.config}</th><td>${[row.form, ...deviceOf(row)].join(', ')}${doubtful}</td><td>${row.weights}</td>
${numberCell(row.batch, 'count')}${numberCell(row.fps, 'short')}${numberCell(theirs?.fps, 'short')}
${numberCell(row.latencyMs.median, 'short')}${numberCell(row.latencyMs.p95, 'short')}${numberCell(row.preprocessMs.median, 'short')}
${numberCell(row.networkMs.median, 'short')}${numberCell(row.postprocessMs.median, 'short')}${numberCell(row.spread, 'share')}
${numberCell(row.loadMs, 'short')}${numberCell(row.peakMemoryMiB, 'short')}${numberCell(row.paramsM, 'short')}${numberCell(row.gmacs, 'short')}</tr>`
}

/** Where and how precisely it was computed, unless that is the processor in fp32. */
function deviceOf({ device, precision = 'fp32' }: BenchmarkRow): string[] {
  return device === 'cpu' && precision === 'fp32' ? [] : [`${device} ${precision}`]
}

function publishedTable(published: readonly PublishedResult[]): Html {
  const numbers = ['FPS', 'box AP', 'mask AP', 'params M', 'MACs G']
  const rows = published.map(
    ({ detector, backbone, fps, AP, segmAP, paramsM, gmacs, source }) =>
      html`<tr><th scope="row">${detector}</th><td>${backbone}</td>${numberCell(fps, 'short')}${numberCell(AP, 'ap')}${numberCell(segmAP, 'ap')}${numberCell(paramsM, 'short')}${numberCell(gmacs, 'short')}<td>${source}</td></tr>`,
  )
  return html`${scrolling(
    'Published results',
    html`<table><thead><tr><th scope="col">detector</th><th scope="col">backbone</th>${numbers.map(numberHeader)}<th scope="col">from</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}<p class="note">COCO val2017, MACs at 800 × 1280 as mmcv counts them. ${Object.entries(
    PUBLISHED_SOURCES,
  ).map(([name, text]) => html`${name}: ${text}. `)}</p>`
}
