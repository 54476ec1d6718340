import type { LineChart, LineSeries } from './chart.js'
import type { EvaluationReport, Kind } from './document.js'

type Line = Record<string, unknown>

/** Total loss and its parts, and the learning rate, by iteration. */
export function trainingCharts(id: string, lines: readonly Line[]): LineChart[] {
  const x = { label: 'iteration', format: 'count' } as const
  const names = lossNames(lines)
  const loss: LineChart = {
    id: `${id}-loss`,
    kind: 'line',
    title: 'Training loss',
    caption: `Mean since the line before, on a logarithmic scale${names.length > 1 ? '; the total is the strong line' : ''}.`,
    x,
    y: { label: 'loss', format: 'loss', scale: 'logarithmic' },
    series: names.map((name, i) => ({
      label: lossLabel(name),
      points: pointsOf(lines, name).map(([iter, value]) => [iter, onLogScale(value)]),
      weight: i === 0 ? 'strong' : 'thin',
    })),
  }
  const rate: LineChart = {
    id: `${id}-rate`,
    kind: 'line',
    title: 'Learning rate',
    caption: 'Of the layers that take it whole; layer-wise decay lowers it for others.',
    x,
    y: { label: 'learning rate', format: 'rate', min: 0 },
    series: [{ label: 'learning rate', points: pointsOf(lines, 'lr'), weight: 'strong' }],
  }
  return [loss, rate].filter(({ series }) =>
    series.some(({ points }) => points.some(([, value]) => value !== null)),
  )
}

/** Pictures a second while training, by iteration. */
export function throughputChart(
  id: string,
  lines: readonly Line[],
  batchSize: number,
): LineChart[] {
  const points = pointsOf(lines, 'time').map(([iter, time]): [number, number | null] => {
    return [iter, time !== null && time > 0 ? batchSize / time : null]
  })
  if (!points.some(([, value]) => value !== null)) return []
  return [
    {
      id: `${id}-throughput`,
      kind: 'line',
      title: 'Throughput',
      caption: 'Pictures a second, mean since the line before.',
      x: { label: 'iteration', format: 'count' },
      y: { label: 'pictures a second', format: 'short', min: 0 },
      series: [{ label: 'pictures a second', points, weight: 'strong' }],
    },
  ]
}

/** AP and AP50 of boxes and masks by epoch, or the accuracy of a classifier. */
export function evaluationCharts(
  id: string,
  evaluations: readonly EvaluationReport[],
): LineChart[] {
  if (evaluations.length === 0) return []
  if (evaluations.some(({ top1 }) => top1 !== undefined)) return [accuracyChart(id, evaluations)]
  const kinds = (['bbox', 'segm'] as const).filter((kind) => evaluations.some((line) => line[kind]))
  const series = kinds.flatMap((kind) =>
    (['AP', 'AP50'] as const).map((name) => apSeries(evaluations, kind, name)),
  )
  return [
    {
      id: `${id}-ap`,
      kind: 'line',
      title: 'AP on the validation set',
      caption: 'In percent. AP is the mean over IoU 0.50 to 0.95, AP50 is at IoU 0.50.',
      x: { label: 'epoch', format: 'count' },
      y: { label: 'AP (%)', format: 'ap', min: 0 },
      series,
    },
  ]
}

function accuracyChart(id: string, evaluations: readonly EvaluationReport[]): LineChart {
  const names = (['top1', 'top5'] as const).filter((name) =>
    evaluations.some((line) => line[name] !== undefined),
  )
  return {
    id: `${id}-accuracy`,
    kind: 'line',
    title: 'Accuracy on the validation set',
    caption: 'In percent. Top-5: the class is among the five best.',
    x: { label: 'epoch', format: 'count' },
    y: { label: 'accuracy (%)', format: 'ap', min: 0 },
    series: names.map((name) => ({
      label: name === 'top1' ? 'top-1' : 'top-5',
      points: evaluations.map((line) => [line.epoch, measured(line[name])]),
      weight: name === 'top1' ? 'strong' : 'thin',
    })),
  }
}

/** Entries of `evaluations.jsonl` that are whole. */
export function evaluationsOf(lines: readonly Line[]): EvaluationReport[] {
  return lines.filter((line): line is Line & EvaluationReport => {
    const { iter, epoch, bbox, segm, top1 } = line
    const isNumbered = typeof iter === 'number' && typeof epoch === 'number'
    if (typeof top1 === 'number') return isNumbered
    return isNumbered && isMetrics(bbox) && (segm === undefined || isMetrics(segm))
  })
}

function isMetrics(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Line).AP === 'number'
}

function apSeries(
  evaluations: readonly EvaluationReport[],
  kind: Kind,
  name: 'AP' | 'AP50',
): LineSeries {
  return {
    label: `${kind} ${name}`,
    points: evaluations.map((line) => [line.epoch, measured(line[kind]?.[name])]),
    weight: name === 'AP' ? 'strong' : 'thin',
  }
}

/** Null for -1, COCO's "nothing to measure". */
export function measured(value: number | undefined): number | null {
  return value === undefined || value === -1 ? null : value
}

/** The total first, then its parts in the order of the file. */
function lossNames(lines: readonly Line[]): string[] {
  const names = new Set(lines.flatMap((line) => Object.keys(line)))
  const parts = [...names].filter((name) => name.startsWith('loss_'))
  return names.has('loss') ? ['loss', ...parts] : parts
}

function lossLabel(name: string): string {
  return name === 'loss' ? 'total' : name.replace(/^loss_/, '').replaceAll('_', ' ')
}

function pointsOf(lines: readonly Line[], name: string): [number, number | null][] {
  return lines
    .filter(({ iter }) => typeof iter === 'number')
    .map((line) => {
      const value = line[name]
      return [line.iter as number, typeof value === 'number' ? value : null]
    })
}

function onLogScale(value: number | null): number | null {
  return value !== null && value > 0 ? value : null
}
