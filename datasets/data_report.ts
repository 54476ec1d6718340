import type { CocoDataset } from './coco.js'
import type { DataCounts, ListCounts } from './left_out.js'
import { tallyText } from './tally.js'

/** What a data set has and how much of it is used, as `data.json` keeps it. */
export interface DataReport extends DataCounts {
  annFile: string
  imageDir: string
  /** Names, by label. */
  classes: string[]
}

export function dataReport({ annFile, imageDir, classes, counts }: CocoDataset): DataReport {
  return { annFile, imageDir, classes, ...counts }
}

/**
 * The report in words, a line each.
 *
 * @param use what the data set is for: `trains on`.
 */
export function dataLines({ annFile, classes, counts }: CocoDataset, use: string): string[] {
  const { images, objects, notes } = counts
  return [
    `${use} ${many(images.used, 'image')} with ${many(objects.used, 'object')} of ${many(classes.length, 'class', 'classes')} from ${annFile}`,
    ...listLines('image', 'image', images),
    ...listLines('object', 'annotation', objects),
    ...notes,
  ].map((line, i) => (i === 0 ? line : `  ${line}`))
}

function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`
}

function listLines(
  what: string,
  entry: string,
  { total, leftOut, defaults }: ListCounts,
): string[] {
  const left = tallyText(leftOut, entry)
  const read = tallyText(defaults, entry)
  return [
    ...(left ? [`left out of ${many(total, what)}: ${left}`] : []),
    ...(read ? [`of ${many(total, what)}: ${read}`] : []),
  ]
}
