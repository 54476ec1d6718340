import type { Chart } from '../chart.js'
import { type Format, formatNumber } from '../format.js'
import { type Html, html } from '../html.js'

/** Rows of a table of numbers, at most; longer ones are thinned. */
const MAX_ROWS = 120

/** A chart with its caption, and its numbers as a table that opens. */
export function chartFigure(chart: Chart): Html {
  const { id, title, caption } = chart
  return html`<figure class="chart">
<figcaption id="${id}-caption"><strong>${title}</strong> <span>${caption}</span></figcaption>
<div class="canvas"><canvas id="${id}" role="img" tabindex="0" aria-label="${`${title}. ${summaryOf(chart)}`}" aria-describedby="${id}-caption"></canvas></div>
<details><summary>Numbers of “${title}”</summary>${numbersTable(chart)}</details>
</figure>`
}

/** Several charts beside each other where there is room. */
export function chartGrid(charts: readonly Chart[]): Html | false {
  return charts.length > 0 && html`<div class="charts">${charts.map(chartFigure)}</div>`
}

/** What the chart shows, for those who do not see it. */
function summaryOf(chart: Chart): string {
  switch (chart.kind) {
    case 'line': {
      const ends = chart.series.map(({ label, points }) => {
        const last = points.findLast(([, y]) => y !== null)
        return last
          ? `${label} ends at ${formatNumber(last[1], chart.y.format)}`
          : `${label}: no value`
      })
      return `Lines of ${chart.y.label} by ${chart.x.label}: ${ends.join(', ')}.`
    }
    case 'bar':
      return `Bars of ${chart.value.label}: ${chart.categories.length} groups of ${chart.series.length}; the numbers are in the table below.`
    case 'scatter': {
      const count = chart.series.reduce((sum, { points }) => sum + points.length, 0)
      return `${count} points of ${chart.y.label} by ${chart.x.label}; the numbers are in the table below.`
    }
  }
}

function numbersTable(chart: Chart): Html {
  switch (chart.kind) {
    case 'line': {
      const { x, y, series } = chart
      const xs = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort(
        (a, b) => a - b,
      )
      const valuesAt = series.map(({ points }) => new Map(points))
      const shown = thin(xs)
      const note =
        shown.length < xs.length &&
        html`<p class="note">${shown.length} of ${xs.length} rows, evenly chosen.</p>`
      return html`${note}${scrolling(
        `Numbers of ${chart.title}`,
        html`<table><thead><tr>${[x.label, ...series.map(({ label }) => label)].map(numberHeader)}</tr></thead><tbody>${shown.map(
          (at) =>
            html`<tr>${numberCell(at, x.format)}${valuesAt.map((values) => numberCell(values.get(at), y.format))}</tr>`,
        )}</tbody></table>`,
      )}`
    }
    case 'bar': {
      const { categories, value, series } = chart
      const rows = categories.map(
        (category, i) =>
          html`<tr><th scope="row">${[category].flat().join(', ')}</th>${series.map(({ values }) => numberCell(values[i], value.format))}</tr>`,
      )
      return scrolling(
        `Numbers of ${chart.title}`,
        html`<table><thead><tr><th scope="col">${value.label}</th>${series.map(({ label }) => numberHeader(label))}</tr></thead><tbody>${rows}</tbody></table>`,
      )
    }
    case 'scatter': {
      const { x, y, series } = chart
      const rows = series.flatMap(({ label: of, points }) =>
        points.map(
          (point) =>
            html`<tr><th scope="row">${point.label}</th><td>${of}</td>${numberCell(point.x, x.format)}${numberCell(point.y, y.format)}</tr>`,
        ),
      )
      return scrolling(
        `Numbers of ${chart.title}`,
        html`<table><thead><tr><th scope="col">model</th><th scope="col">from</th>${[x.label, y.label].map(numberHeader)}</tr></thead><tbody>${rows}</tbody></table>`,
      )
    }
  }
}

/** A table that scrolls within itself; the keyboard reaches it. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`
}

/** A cell with a number; its exact value goes beside it, for sorting and for the page's test. */
export function numberCell(value: number | null | undefined, format: Format): Html {
  const hasValue = value !== null && value !== undefined && !(format === 'ap' && value === -1)
  const exact = hasValue && html` data-value="${value}"`
  return html`<td class="number"${exact}>${formatNumber(value, format)}</td>`
}

export function numberHeader(label: string): Html {
  return html`<th scope="col" class="number">${label}</th>`
}

/** Evenly chosen entries, the last one with them. */
function thin(xs: readonly number[]): number[] {
  if (xs.length <= MAX_ROWS) return [...xs]
  const step = (xs.length - 1) / (MAX_ROWS - 1)
  return Array.from({ length: MAX_ROWS }, (_, i) => xs[Math.round(i * step)])
}
