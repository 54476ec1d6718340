import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  type ScaleOptionsByType,
  ScatterController,
  Tooltip,
} from 'chart.js'
import type { Axis, BarChart, Chart as ChartData, LineChart, ScatterChart } from '../chart.js'
import { formatNumber, formatTick } from '../format.js'
import { barValues, referenceLine } from './marks.js'
import type { Theme } from './theme.js'

Chart.register(BarController, LineController, ScatterController)
Chart.register(BarElement, LineElement, PointElement)
Chart.register(CategoryScale, LinearScale, LogarithmicScale, Legend, Tooltip)

/** Height of a bar and its gap, pixels; and of a chart's axis and legend. */
const BAR_HEIGHT = 22
const GROUP_GAP = 18
const AROUND_BARS = 84
/** Characters of a line beside a bar. */
const MAX_LABEL = 22

/** No animation: a report is read, printed and drawn anew when colours change. */
const COMMON = {
  animation: false,
  responsive: true,
  maintainAspectRatio: false,
  normalized: true,
} as const

/** Draws one chart. Its canvas stands alone in a box, whose size it takes. */
export function drawChart(canvas: HTMLCanvasElement, chart: ChartData, theme: Theme): Chart {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily
  Chart.defaults.color = theme.muted
  switch (chart.kind) {
    case 'line':
      return new Chart(canvas, lineConfig(chart, theme))
    case 'bar': {
      const groupHeight = BAR_HEIGHT * chart.series.length + GROUP_GAP
      const box = canvas.parentElement
      if (box) box.style.height = `${AROUND_BARS + groupHeight * chart.categories.length}px`
      return new Chart(canvas, barConfig(chart, theme))
    }
    case 'scatter':
      return new Chart(canvas, scatterConfig(chart, theme))
  }
}

function lineConfig({ x, y, series }: LineChart, theme: Theme): ChartConfiguration {
  const datasets = series.map(({ label, points, weight }, i): ChartDataset => {
    const color = theme.series[i % theme.series.length]
    return {
      type: 'line',
      label,
      data: points.map(([x, y]) => ({ x, y: y as number })),
      borderColor: color,
      backgroundColor: color,
      borderWidth: weight === 'thin' ? 1.25 : 2.5,
      pointRadius: points.length > 15 ? 0 : 2.5,
      pointHoverRadius: 4,
      order: weight === 'thin' ? 1 : 0,
    }
  })
  return {
    type: 'line',
    data: { datasets },
    options: {
      ...COMMON,
      interaction: { mode: 'index', axis: 'x', intersect: false },
      scales: { x: scale(x, theme), y: scale(y, theme) },
      plugins: {
        legend: legend(theme, series.length > 1),
        tooltip: {
          ...tooltip(theme),
          callbacks: {
            title: ([item]) => `${x.label} ${formatNumber(item?.parsed.x, x.format)}`,
            label: ({ dataset, parsed }) => `${dataset.label}: ${formatNumber(parsed.y, y.format)}`,
          },
        },
      },
    },
  }
}

function barConfig(
  { categories, value, series, reference }: BarChart,
  theme: Theme,
): ChartConfiguration {
  const datasets = series.map(({ label, values, isPublished }, i): ChartDataset => {
    const color = isPublished ? theme.published : theme.series[i % theme.series.length]
    return {
      type: 'bar',
      label,
      data: values as number[],
      backgroundColor: color,
      barThickness: BAR_HEIGHT - 6,
      borderRadius: 2,
    }
  })
  return {
    type: 'bar',
    data: { labels: categories.map((lines) => [lines].flat().flatMap(foldLine)), datasets },
    plugins: [
      barValues((number) => formatNumber(number, value.format), theme),
      ...(reference === undefined ? [] : [referenceLine(reference, theme)]),
    ],
    options: {
      ...COMMON,
      indexAxis: 'y',
      layout: { padding: { right: 44 } }, // for the values
      scales: {
        x: { ...scale(value, theme), beginAtZero: true } as never,
        y: {
          type: 'category',
          grid: { display: false },
          border: { color: theme.grid },
          ticks: { color: theme.text, autoSkip: false },
        },
      },
      plugins: {
        legend: legend(theme, series.length > 1),
        tooltip: {
          ...tooltip(theme),
          callbacks: {
            title: ([item]) => [categories[item.dataIndex]].flat().join(', '),
            label: ({ dataset, parsed }) =>
              `${dataset.label}: ${formatNumber(parsed.x, value.format)}`,
          },
        },
      },
    },
  }
}

/** A long name on several lines, folded behind `_` and spaces, so that the bars keep their room. */
function foldLine(text: string): string[] {
  const lines = ['']
  for (const word of text.split(/(?<=[_ ])/)) {
    if ((lines.at(-1) + word).length > MAX_LABEL) lines.push('')
    lines[lines.length - 1] += word
  }
  return lines.filter((line) => line !== '')
}

function scatterConfig({ x, y, series }: ScatterChart, theme: Theme): ChartConfiguration {
  const own = series.filter(({ isPublished }) => !isPublished)
  const datasets = series.map(({ label, points, isPublished }, i): ChartDataset => {
    const color = isPublished
      ? theme.muted
      : theme.series[own.indexOf(series[i]) % theme.series.length]
    return {
      type: 'scatter',
      label,
      data: points.map(({ x, y }) => ({ x, y })),
      borderColor: color,
      backgroundColor:
        isPublished && i === series.length - 1
          ? theme.published
          : isPublished
            ? theme.surface
            : color,
      borderWidth: isPublished ? 1.5 : 0,
      pointRadius: isPublished ? 5 : 6,
      pointHoverRadius: 7,
      pointStyle: isPublished ? 'rectRot' : 'circle',
    }
  })
  return {
    type: 'scatter',
    data: { datasets },
    options: {
      ...COMMON,
      layout: { padding: { right: 12 } },
      interaction: { mode: 'nearest', intersect: true },
      scales: { x: scale(x, theme), y: scale(y, theme) },
      plugins: {
        legend: legend(theme, true),
        tooltip: {
          ...tooltip(theme),
          callbacks: {
            title: (items) =>
              items.map(
                ({ datasetIndex, dataIndex }) => series[datasetIndex].points[dataIndex].label,
              ),
            label: ({ dataset, parsed }) =>
              `${dataset.label}: ${formatNumber(parsed.x, x.format)} FPS, AP ${formatNumber(parsed.y, y.format)}`,
          },
        },
      },
    },
  }
}

function scale({ label, format, scale = 'linear', min }: Axis, theme: Theme) {
  const isLog = scale === 'logarithmic'
  return {
    type: scale,
    min,
    title: { display: true, text: label, color: theme.muted },
    grid: { color: theme.grid },
    border: { color: theme.grid },
    ticks: {
      color: theme.muted,
      maxTicksLimit: 8,
      maxRotation: 0,
      autoSkip: !isLog,
      callback(this: { min: number; max: number }, value: string | number) {
        return isLog && !isRoundOnLogScale(Number(value), this)
          ? ''
          : formatTick(Number(value), format)
      },
    },
  } as unknown as ScaleOptionsByType<'linear'>
}

/** True for 1, 2 and 5 times powers of ten in a wide range; in a narrow one for more. */
function isRoundOnLogScale(value: number, { min, max }: { min: number; max: number }): boolean {
  const rounds =
    max / min > 20
      ? [1, 2, 5]
      : max / min > 4
        ? [1, 2, 3, 5, 7]
        : [1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8]
  const mantissa = value / 10 ** Math.floor(Math.log10(value) + 1e-9)
  return rounds.some((round) => Math.abs(mantissa - round) < 1e-6)
}

function legend(theme: Theme, display: boolean) {
  const labels = { color: theme.text, usePointStyle: true, boxHeight: 7, padding: 12 }
  return { display, position: 'top', align: 'start', labels } as const
}

function tooltip(theme: Theme) {
  return {
    backgroundColor: theme.surface,
    titleColor: theme.text,
    bodyColor: theme.text,
    borderColor: theme.published,
    borderWidth: 1,
    usePointStyle: true,
    boxPadding: 4,
  }
}
