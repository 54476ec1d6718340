import type { PerClassRow } from '../analysis/per_class.js'
import { formatFixed } from '../evaluate/format_fixed.js'
import type { IouType } from '../evaluate/params.js'

/** The rows as aligned lines under a line of names: numbers with three decimals, as in the summary; -1.000 for none. */
export function classTableLines(rows: readonly PerClassRow[], iouType: IouType): string[] {
  const measures = ['AP', 'AP50', 'AP75', iouType === 'keypoints' ? 'AR' : 'AR100'] as const
  const cells = [
    ['class', ...measures, 'ground truths'],
    ...rows.map((row) => [
      row.name,
      ...measures.map((measure) => formatFixed(row[measure] ?? -1, 3)),
      String(row.groundTruths),
    ]),
  ]
  const widths = cells[0].map((_, column) => Math.max(...cells.map((line) => line[column].length)))
  return cells.map(([name, ...numbers]) =>
    [name.padEnd(widths[0]), ...numbers.map((cell, i) => cell.padStart(widths[i + 1]))].join('  '),
  )
}
