import type { BarChart } from './chart.js'
import { type ByKind, type DetectionReport, KIND_NAMES } from './document.js'
import { measured } from './training_charts.js'

/** Types of errors under TIDE's short names, and what they mean. */
export const ERROR_NAMES = {
  Cls: 'wrong class',
  Loc: 'box too far off',
  Both: 'class and box',
  Dupe: 'found twice',
  Bkg: 'background',
  Miss: 'not found',
} as const

/** What each type of error costs, as bars. */
export function errorCharts(id: string, reports: ByKind<DetectionReport>): BarChart[] {
  const kinds = (['bbox', 'segm'] as const).filter((kind) => reports[kind])
  if (kinds.length === 0) return []
  const types = Object.keys(ERROR_NAMES) as (keyof typeof ERROR_NAMES)[]
  return [
    {
      id: `${id}-errors`,
      kind: 'bar',
      title: 'Error types',
      caption:
        'AP50 that would be gained, in points, if this type of error alone were mended (TIDE).',
      categories: types.map((type) => [type, ERROR_NAMES[type]]),
      value: { label: 'gain in AP50 (points)', format: 'ap' },
      series: kinds.map((kind) => ({
        label: KIND_NAMES[kind],
        values: types.map((type) => measured(reports[kind]?.tide.main[type].deltaAP)),
      })),
    },
  ]
}
