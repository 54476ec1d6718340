/**
 * The script of the page: draws its charts and sorts its tables. Without it, all numbers are there
 * as tables.
 */
import { chartsOf } from '../charts_of.js'
import type { ReportDocument } from '../document.js'
import { drawChart } from './draw_chart.js'
import { makeSortable } from './sort_table.js'
import { currentTheme, onThemeChange, type Theme } from './theme.js'

type Drawn = ReturnType<typeof drawChart>

declare global {
  /** The charts of the page by id, for its test and for the console. */
  var reportCharts: Map<string, Drawn>
}

const report = JSON.parse(document.getElementById('report')?.textContent ?? '') as ReportDocument
globalThis.reportCharts = new Map()

document.documentElement.classList.add('has-script')
drawAll(currentTheme())
onThemeChange(drawAll)
for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable'))
  makeSortable(table)

function drawAll(theme: Theme): void {
  for (const chart of chartsOf(report)) {
    const canvas = document.getElementById(chart.id)
    if (!(canvas instanceof HTMLCanvasElement)) continue
    globalThis.reportCharts.get(chart.id)?.destroy()
    globalThis.reportCharts.set(chart.id, drawChart(canvas, chart, theme))
  }
}
