import type { PerClassRow } from '../packages/pycocotools-js/source/index.js'

const MEASURES = ['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR100'] as const

/** One line a class, in aligned columns under a line of names; -1.000 where there is nothing to measure. */
export function classTable(rows: readonly PerClassRow[]): string[] {
  const lines = [
    ['class', ...MEASURES, 'ground truths', 'detections'],
    ...rows.map((row) => [
      row.name,
      ...MEASURES.map((measure) => (row[measure] ?? -1).toFixed(3)),
      String(row.groundTruths),
      String(row.detections),
    ]),
  ]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines.map(([name, ...numbers]) =>
    [name.padEnd(widths[0]), ...numbers.map((cell, i) => cell.padStart(widths[i + 1]))].join('  '),
  )
}
