import { formatFixed } from '../evaluate/format_fixed.js'
import type { PerClassRow } from './per_class.js'

/** Columns that count; all others are measures. */
const COUNTS: Partial<Record<keyof PerClassRow, string>> = {
  groundTruths: 'ground truths',
  detections: 'detections',
}

/**
 * Rows as aligned lines under a line of names: measures with three decimals, as in the summary,
 * -1.000 where there is nothing to measure.
 *
 * @param columns what stands behind the name of the class.
 */
export function classTableLines(
  rows: readonly PerClassRow[],
  columns: readonly (keyof PerClassRow)[],
): string[] {
  const lines = [
    ['class', ...columns.map((column) => COUNTS[column] ?? column)],
    ...rows.map((row) => [
      row.name,
      ...columns.map((column) =>
        column in COUNTS ? String(row[column]) : formatFixed(Number(row[column] ?? -1), 3),
      ),
    ]),
  ]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines.map(([name, ...cells]) =>
    [name.padEnd(widths[0]), ...cells.map((cell, i) => cell.padStart(widths[i + 1]))].join('  '),
  )
}
