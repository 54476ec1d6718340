/** Charts as data: the page draws them, and writes their numbers as tables. Null is a gap. */
import type { Format } from './format.js'

export type Chart = LineChart | BarChart | ScatterChart

interface ChartBase {
  /** Id of the element on the page; a letter first. */
  id: string
  title: string
  /** What is shown and how to read it, in a sentence or two. */
  caption: string
}

export interface Axis {
  label: string
  format: Format
  /** @default linear */
  scale?: 'linear' | 'logarithmic'
  /** @default by the data; 0 on axes of bars */
  min?: number
}

export interface LineChart extends ChartBase {
  kind: 'line'
  x: Axis
  y: Axis
  series: LineSeries[]
}

export interface LineSeries {
  label: string
  points: [x: number, y: number | null][]
  /** `strong` for what matters most, `thin` for its parts. */
  weight?: 'strong' | 'thin'
}

export interface BarChart extends ChartBase {
  kind: 'bar'
  /** A bar of each series for each; a list has a line for each entry. */
  categories: (string | string[])[]
  value: Axis
  series: BarSeries[]
  /** Where a dashed line stands, such as at a ratio of 1. */
  reference?: number
}

export interface BarSeries {
  label: string
  /** As many as there are categories. */
  values: (number | null)[]
  /** Measured by others. */
  isPublished?: boolean
}

export interface ScatterChart extends ChartBase {
  kind: 'scatter'
  x: Axis
  y: Axis
  series: ScatterSeries[]
}

export interface ScatterSeries {
  label: string
  points: { x: number; y: number; label: string }[]
  /** Measured by others. */
  isPublished?: boolean
}
