import type { ReportDocument, RunReport } from '../document.js'
import { type Html, html } from '../html.js'
import { lastTop1 } from '../last_ap.js'
import { chartGrid, numberCell, numberHeader, scrolling } from './chart_figure.js'

/** All runs in a table, and their AP in one chart if they are several. */
export function overviewSection({ runs, comparison }: ReportDocument): Html | false {
  if (runs.length === 0) return false
  const columns: Columns = {
    accuracy: runs.some(({ classification }) => classification),
    ap: runs.some(({ classification }) => !classification),
  }
  const numbers = [
    ...['classes', 'epochs', 'iterations'],
    ...(columns.accuracy ? ['top-1', 'top-5'] : []),
    ...(columns.ap ? ['box AP', 'AP50', 'AP75', 'mask AP', 'AP50', 'AP75'] : []),
  ]
  return html`<section id="runs"><h2>Runs</h2>
${scrolling(
  'Runs',
  html`<table><thead><tr><th scope="col">run</th><th scope="col">model</th>${numbers.map(numberHeader)}</tr></thead>
<tbody>${runs.map((run) => runRow(run, columns))}</tbody></table>`,
)}
<p class="note">${[columns.accuracy && 'Accuracy', columns.ap && 'AP'].filter(Boolean).join(' and ')} in percent, of the last evaluation. A dash: not measured, or nothing to measure.</p>
${chartGrid(comparison.charts.filter(({ id }) => id.startsWith('compared-')))}</section>`
}

/** What the table has columns of. */
interface Columns {
  accuracy: boolean
  ap: boolean
}

function runRow(run: RunReport, columns: Columns): Html {
  const { id, name, model, classes, training, evaluation, detections } = run
  const last = evaluation.evaluations.at(-1)
  const [bbox, segm] = (['bbox', 'segm'] as const).map(
    (kind) => last?.[kind] ?? detections[kind]?.metrics,
  )
  return html`<tr><th scope="row"><a href="#${id}">${name}</a></th><td>${model ?? 'not known'}</td>
${numberCell(classes, 'count')}${numberCell(last?.epoch ?? training.epoch, 'count')}${numberCell(training.iter, 'count')}
${columns.accuracy && [lastTop1(run), last?.top5 ?? run.classification?.accuracy?.top5].map((value) => numberCell(value, 'ap'))}${columns.ap && [bbox, segm].map((metrics) => [metrics?.AP, metrics?.AP50, metrics?.AP75].map((value) => numberCell(value, 'ap')))}</tr>`
}
